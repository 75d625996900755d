// Bundles into ../static/dist, where the server's build.rs picks the files up, hashes and compresses them: site.ts and fonts.css,
// which every page has; leaderboard.ts, which boards have; answers.ts and answers.css, which a page has that takes answers.
import { readFile, rm } from "node:fs/promises";
import { build } from "esbuild";

const here = (path) => new URL(path, import.meta.url).pathname;
const outdir = here("../static/dist");
const options = {
  absWorkingDir: here("."),
  outdir,
  bundle: true,
  format: "esm",
  target: "es2022",
  minifySyntax: true,
  minifyWhitespace: true,
  // build.rs gives every file its hash, and wants the names of the fonts in double quotes.
  assetNames: "[name]",
  loader: { ".woff2": "file" },
  logLevel: "warning",
};

await rm(outdir, { recursive: true, force: true });
await build({ ...options, entryPoints: ["site.ts", "leaderboard.ts", "fonts.css"] });
// MathLive's licence wants to be there where MathLive is.
const licence = await readFile(here("node_modules/mathlive/LICENSE.txt"), "utf8");
const banner = `/* MathLive is in this file.\n\n${licence.trim()}\n*/`;
await build({ ...options, entryPoints: ["answers.ts", "answers.css"], banner: { js: banner } });
