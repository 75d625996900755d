// What the MDN HTTP Observatory's package says of the site on these ports of localhost: a line for each test.
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const [httpsPort, httpPort] = process.argv.slice(2).map(Number);
const home = new URL("./node_modules/@mdn/mdn-http-observatory/", import.meta.url);
// The package fetches the browsers' preload list when it is installed; localhost is not on it.
mkdirSync(new URL("conf/", home), { recursive: true });
writeFileSync(fileURLToPath(new URL("conf/hsts-preload.json", home)), "{}");
const { retrieve } = await import(new URL("src/retriever/retriever.js", home));
const { ALL_TESTS } = await import(new URL("src/constants.js", home));
const { getScoreModifier } = await import(new URL("src/grader/grader.js", home));

const requests = await retrieve("localhost", { httpsPort, httpPort });
for (const test of ALL_TESTS) {
  const { constructor, result } = test(requests);
  console.log(constructor.name, result, getScoreModifier(result));
}
process.exit(0);
