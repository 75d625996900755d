// Prints the outcome of each test of the MDN HTTP Observatory's package, then the score, for the
// site on these ports of localhost.
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const [httpsPort, httpPort] = process.argv.slice(2).map(Number);
const home = new URL("./node_modules/@mdn/mdn-http-observatory/", import.meta.url);
// The package fetches the browsers' preload list when it is installed; localhost is not on it.
mkdirSync(new URL("conf/", home), { recursive: true });
writeFileSync(fileURLToPath(new URL("conf/hsts-preload.json", home)), "{}");
const { retrieve } = await import(new URL("src/retriever/retriever.js", home));
const { ALL_TESTS } = await import(new URL("src/constants.js", home));
const { getGradeForScore, getScoreModifier } = await import(new URL("src/grader/grader.js", home));
const { MINIMUM_SCORE_FOR_EXTRA_CREDIT } = await import(new URL("src/grader/charts.js", home));

const requests = await retrieve("localhost", { httpsPort, httpPort });
const points = [];
for (const test of ALL_TESTS) {
  const { constructor, result } = test(requests);
  points.push(getScoreModifier(result));
  console.log(constructor.name, result, points.at(-1));
}
// Its scanner takes no ports, so its sum is repeated here: extra credit counts from an A on.
const sum = (list) => list.reduce((all, one) => all + one, 100);
const plain = sum(points.filter((one) => one < 0));
const { grade, score } = getGradeForScore(plain >= MINIMUM_SCORE_FOR_EXTRA_CREDIT ? sum(points) : plain);
console.log("score", grade, score);
process.exit(0);
