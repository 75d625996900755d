// Bundles into ../static/dist. The server's build.rs hashes and compresses the files there.
//
// - site.ts and fonts.css: every page
// - leaderboard.ts: leaderboards and competitions
// - answers.ts and answers.css: challenges that accept answers
// - editor.ts and editor.css: forms with rich text
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
  // build.rs adds the hash to every name, and expects the names of fonts in double quotes.
  assetNames: "[name]",
  loader: { ".woff2": "file" },
  logLevel: "warning",
};

await rm(outdir, { recursive: true, force: true });
await build({ ...options, entryPoints: ["site.ts", "leaderboard.ts", "fonts.css"] });
// The licence of a bundled library is the banner of its bundle.
async function withLicence(name, from, entryPoints) {
  const licence = await readFile(here(`node_modules/${from}`), "utf8");
  await build({ ...options, minifyIdentifiers: true, entryPoints, banner: { js: `/* ${name} is in this file.\n\n${licence.trim()}\n*/` } });
}
await withLicence("MathLive", "mathlive/LICENSE.txt", ["answers.ts", "answers.css"]);
await withLicence("Tiptap, with ProseMirror by Marijn Haverbeke under the same terms,", "@tiptap/core/LICENSE.md", ["editor.ts", "editor.css"]);
