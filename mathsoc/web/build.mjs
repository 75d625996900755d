// Bundles into ../static/dist, where the server's build.rs picks the files up, hashes and compresses them: site.ts and fonts.css,
// which every page has; leaderboard.ts, which boards have; answers.ts and answers.css, which a page has that takes answers;
// editor.ts and editor.css, which a form with rich text has.
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
// What is bundled brings its licence along.
async function withLicence(name, from, entryPoints) {
  const licence = await readFile(here(`node_modules/${from}`), "utf8");
  await build({ ...options, minifyIdentifiers: true, entryPoints, banner: { js: `/* ${name} is in this file.\n\n${licence.trim()}\n*/` } });
}
await withLicence("MathLive", "mathlive/LICENSE.txt", ["answers.ts", "answers.css"]);
await withLicence("Tiptap, with ProseMirror by Marijn Haverbeke under the same terms,", "@tiptap/core/LICENSE.md", ["editor.ts", "editor.css"]);
