// Records the results of the MDN HTTP Observatory's analyzer for generated sites in
// palisade-audit/tests/data/observatory.json.
//
//   git clone https://github.com/mdn/mdn-http-observatory && cd mdn-http-observatory && npm install --ignore-scripts
//   mkdir -p conf && echo '{}' > conf/hsts-preload.json
//   node …/scripts/observatory-vectors.mjs "$PWD" 400 > …/palisade-audit/tests/data/observatory.json
//
// A last argument is a seed. The output contains no text of the Observatory except the names of
// its outcomes.
import { pathToFileURL } from "node:url";
import path from "node:path";

const [checkout, many = "400", seed = "1"] = process.argv.slice(2);
Set.prototype.union ??= function (other) { return new Set([...this, ...other]); };
const load = (file) => import(pathToFileURL(path.join(path.resolve(checkout), file)));
const { ALL_TESTS } = await load("src/constants.js");
const { getGradeForScore, getScoreModifier } = await load("src/grader/grader.js");
const { parseHttpEquivHeaders } = await load("src/retriever/utils.js");
const { CookieJar } = await load("node_modules/tough-cookie/dist/index.js");

let state = Number(seed);
const random = () => {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
const one = (list) => list[Math.floor(random() * list.length)];
const some = (list, most) => Array.from({ length: Math.floor(random() * (most + 1)) }, () => one(list));
const maybe = (chance, make) => (random() < chance ? [make()] : []);

const HOST = "www.example.co.uk";
const STRANGER = "https://stranger.example";
const DIRECTIVES = ["default-src", "default-src", "script-src", "Script-Src", "style-src", "img-src", "media-src", "object-src",
  "base-uri", "form-action", "frame-ancestors", "report-uri", "report-to", "sandbox", "upgrade-insecure-requests"];
const SOURCES = ["'none'", "'none'", "'self'", "'self'", "'unsafe-inline'", "'unsafe-eval'", "data:", "https:", "http:", "*", "http://*",
  "https://*.*", "https://a.example", "https://a.example/x", "https://a.example/x/", "https://a.example-b", "http://b.example/p",
  "'nonce-AbC'", "'sha256-xyz'", "'strict-dynamic'", "/", "https://a.example/%zz", "*.example.org", "HTTPS://A.example"];
const policy = () => {
  const names = random() < 0.9 ? [...new Set(some(DIRECTIVES, 5))] : some(DIRECTIVES, 5);
  return names.map((name) => [name, ...some(SOURCES, 2)].join(" ")).join("; ") + one(["", ";"]);
};
const STRICT = "default-src 'none'; script-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'";
const cookie = () => one(["sid=1", "PHPSESSID=1", "login=1", "csrftoken=1", "theme=dark", "__Host-id=1", "__Secure-sess=1",
  "heroku-session-affinity=1", "novalue"]) +
  some(["; Secure", "; Secure", "; Secure", "; HttpOnly", "; HttpOnly", "; SameSite=Lax", "; SameSite=Strict", "; SameSite=None",
    "; SameSite", "; SameSite=Yes", "; Path=/", "; Domain=example.co.uk", "; Domain=other.example", "; Max-Age=0"], 6).join("");
const script = () => `<script${one(["", " src=/a.js", " src=a.js", ` src=https://${HOST}/a.js`, " src=https://cdn.example.co.uk/a.js",
  " src=http://cdn.example.co.uk/a.js", " src=https://cdn.example/a.js", " src=http://cdn.example/a.js", " src=//cdn.example/a.js"])}${
  one(["", "", " integrity=sha384-abc", " integrity=''"])}></script>`;
const meta = () => one([`<meta http-equiv=Content-Security-Policy content="${policy()}">`,
  `<meta http-equiv="content-security-policy" content="${STRICT}">`, "<meta name=referrer content=no-referrer>",
  "<meta name=Referrer content=unsafe-url>"]);

const header = (name, chance, values) => maybe(chance, () => [name, one(values)]);
const site = () => {
  const good = random() < 0.4;
  const url = `${random() < 0.85 ? "https" : "http"}://${HOST}/`;
  const headers = [
    ...header("content-type", 0.95, ["text/html", "text/html; charset=utf-8", "application/json", "Text/Html"]),
    ...(good ? [["content-security-policy", STRICT]] : some([0], 2).map(() => ["content-security-policy", policy() || STRICT])),
    ...header("content-security-policy-report-only", 0.1, [STRICT]),
    ...header("x-content-type-options", 0.8, ["nosniff", "NoSniff ", "none", "nosniff, nosniff"]),
    ...header("x-frame-options", 0.6, ["DENY", "sameorigin", "ALLOW-FROM https://a.example", "ALLOWALL"]),
    ...header("referrer-policy", 0.6, ["no-referrer", "unsafe-url", "unsafe-url, strict-origin", "nonsense", "same-origin,", ""]),
    ...header("strict-transport-security", 0.8, ["max-age=31536000", "max-age=31536000; includeSubDomains; preload", "max-age=100",
      "max-age=soon", "max-age=\"31536000\"", "includeSubDomains", "max-age=31536000, max-age=1", "MAX-AGE = 5", "max-age=15552000"]),
    ...header("cross-origin-opener-policy", 0.5, ["same-origin", "same-origin; report-to=\"x\"", "same-origin-allow-popups",
      "noopener-allow-popups", "unsafe-none", "\"same-origin\"", "same-origin;;", "Same-Origin"]),
    ...header("cross-origin-embedder-policy", 0.5, ["require-corp", "credentialless;report-to=x", "unsafe-none", "yes", "require-corp, x"]),
    ...header("cross-origin-resource-policy", 0.5, ["same-origin", "Same-Site", "cross-origin", "none"]),
    ...some([0], good ? 1 : 3).map(() => ["set-cookie", good ? "sess=1; Secure; HttpOnly; SameSite=Lax; Path=/" : cookie()]),
  ];
  const hop = (target) => ({ url: target, headers: some([0], 1).map(() => ["set-cookie", cookie()]) });
  const ways = [[`http://${HOST}/`], [`http://${HOST}/`, `https://${HOST}/`], [`http://${HOST}/`, `https://${HOST}/`],
    [`http://${HOST}/`, "https://example.co.uk/"], [`http://${HOST}/`, "http://example.co.uk/", `https://${HOST}/`],
    [`http://${HOST}/`, `https://${HOST}/`, `http://${HOST}/x`], []];
  return {
    url, headers,
    body: [...some([0], 2).map(meta), ...some([0], 3).map(script)].join("\n"),
    hops: random() < 0.2 ? [hop(`${url}old`)] : [],
    clear: url.startsWith("https") ? one(ways) : [url],
    distrusted: url.startsWith("https") && random() < 0.05,
    preflight: random() < 0.2 ? one([[["access-control-allow-origin", "*"]],
      [["access-control-allow-origin", STRANGER], ["access-control-allow-credentials", "true"]],
      [["access-control-allow-origin", STRANGER]], [["access-control-allow-origin", "https://a.example"]], []]) : null,
  };
};

// Node joins repeated headers, but keeps only one content type.
const joined = (pairs) => {
  const all = {};
  for (const [name, value] of pairs) {
    if (name === "set-cookie") (all[name] ??= []).push(value);
    else if (!(name in all)) all[name] = value;
    else if (name !== "content-type") all[name] += `, ${value}`;
  }
  Object.defineProperty(all, "get", { value: (name) => all[name], enumerable: false });
  return all;
};

const judged = (seen) => {
  const jar = new CookieJar();
  for (const answer of [...seen.hops, seen]) {
    for (const [name, value] of answer.headers) {
      if (name === "set-cookie") jar.setCookieSync(value, answer.url, { ignoreError: true });
    }
  }
  const headers = joined(seen.headers);
  const html = new Set(["text/html", "application/xhtml+xml"]).has(headers["content-type"]?.split(";", 1)[0]) && seen.body;
  const auto = { status: 200, headers, verified: !seen.distrusted,
    httpEquiv: html ? parseHttpEquivHeaders(seen.body, seen.url) : new Map() };
  const goesBySecure = seen.clear.some((url) => url.startsWith("https"));
  const requests = {
    site: { hostname: HOST },
    session: { url: new URL(seen.url), jar },
    resources: { path: seen.body },
    responses: {
      auto,
      https: seen.url.startsWith("https") ? auto : null,
      http: seen.clear.length ? { status: 200, headers: {}, verified: !(seen.distrusted && goesBySecure) } : null,
      httpRedirects: seen.clear.map((url) => ({ url: new URL(url), status: 200 })),
      httpsRedirects: [],
      cors: seen.preflight && { headers: joined(seen.preflight), request: { headers: { origin: STRANGER } } },
    },
  };
  const results = ALL_TESTS.map((test) => test(requests).result);
  let [all, taken] = [100, 100];
  for (const points of results.map(getScoreModifier)) {
    all += points;
    taken += Math.min(points, 0);
  }
  const { score, grade } = getGradeForScore(taken >= 90 ? all : taken);
  return { results, score, grade };
};

const sites = Array.from({ length: Number(many) }, site);
console.log("[\n" + sites.map((seen) => JSON.stringify({ ...seen, ...judged(seen) })).join(",\n") + "\n]");
