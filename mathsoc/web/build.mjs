// Bundles site.ts and fonts.css, which every page has, and answers.ts and answers.css, which a page has that takes answers, into ../static/dist, where the server's build.rs picks them up, hashes and compresses them.
import { rm } from "node:fs/promises";
import { build } from "esbuild";

const outdir = new URL("../static/dist", import.meta.url).pathname;

await rm(outdir, { recursive: true, force: true });
await build({
  absWorkingDir: new URL(".", import.meta.url).pathname,
  entryPoints: ["site.ts", "fonts.css", "answers.ts", "answers.css"],
  outdir,
  bundle: true,
  format: "esm",
  target: "es2022",
  minifySyntax: true,
  minifyWhitespace: true,
  // build.rs gives every file its hash, and wants the names of the fonts in double quotes.
  assetNames: "[name]",
  loader: { ".woff2": "file" },
  logLevel: "info",
});
