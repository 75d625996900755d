// Records the reports of real Chromium about policy violations in
// palisade/tests/data/chromium-reports.json: over HTTP by `report-uri`, over HTTPS by the
// Reporting API. Run by hand for a new version of Chromium.
//
//   scripts/install-test-needs && node scripts/chromium-reports.mjs
//
// The recording address becomes `example.org`, the other origin's `other.example`. Equal reports
// are kept once.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const { chromium } = createRequire(new URL('../mathsoc/tests/browser/package.json', import.meta.url))('playwright-core');
const target = new URL('../palisade/tests/data/chromium-reports.json', import.meta.url);

const folder = mkdtempSync(join(tmpdir(), 'chromium-reports-'));
const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(folder, name));
execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
  '-subj', '/CN=localhost', '-keyout', key, '-out', cert], { stdio: 'ignore' });

const POLICY = "default-src 'none'; script-src 'nonce-abc'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'";
const POLICIES = {
  '/about': { enforced: POLICY, tried: "script-src 'nonce-abc'; img-src 'none'" },
  '/types': { enforced: "require-trusted-types-for 'script'; trusted-types 'none'" },
  '/framed': { enforced: "frame-ancestors 'none'" },
};
const PAGES = {
  '/about': `<!doctype html><title>About</title>
<base href="ELSE/base/">
<script nonce="abc" src="/site.js?v=1"></script>
<script>document.title = 'inline';</script>
<p style="color: red" onclick="alert(1)">styled</p>
<style>p { color: blue }</style>
<img src="ELSE/people/ada.png?size=2" alt="">
<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" alt="">
<iframe src="ELSE/map?key=7"></iframe>
<form action="ELSE/take?x=1" method="post"><input name="x"></form>`,
  '/types': `<!doctype html><title>Types</title><p>Text</p><script>
const tries = [() => { document.body.innerHTML = '<b>text</b>'; }, () => trustedTypes.createPolicy('mine', {})];
for (const one of tries) { try { one(); } catch { /* stopped */ } }
</script>`,
  '/old': `<!doctype html><title>Old</title><script src="/old.js?v=1"></script>`,
  '/frames': `<!doctype html><title>Frames</title><iframe src="OWN/framed?who=7"></iframe>`,
  '/alone': `<!doctype html><title>Alone</title><img src="ELSE/embedded.png?x=1" alt=""><iframe src="ELSE/opener"></iframe>`,
};
const SCRIPTS = {
  '/site.js': `
const tries = [() => eval('1 + 1'), () => new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])),
  () => new Worker('ELSE/worker.js'), () => document.head.append(Object.assign(document.createElement('script'), { src: 'ELSE/lib.js?v=2' })),
  () => document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href: 'ELSE/look.css?v=3' }))];
for (const one of tries) { try { one(); } catch { /* stopped */ } }
fetch('ELSE/api?q=secret').catch(() => {});
addEventListener('load', () => document.forms[0].submit());`,
  '/old.js': `
const request = new XMLHttpRequest();
request.open('GET', '/nothing', false);
request.send();
addEventListener('unload', () => {});
addEventListener('beforeunload', (event) => { event.returnValue = 'stay'; });
document.domain = document.domain;
window.webkitRequestFileSystem?.(0, 0, () => {});
navigator.vibrate?.(200);`,
};

const requests = [];
function answer(scheme, port, request, response) {
  if (request.method === 'POST') {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const type = request.headers['content-type'];
      if (request.url === '/csp-report') requests.push({ scheme, port, type, body: Buffer.concat(chunks).toString() });
      response.writeHead(204).end();
    });
    return;
  }
  const here = (text) => text.replaceAll('ELSE', `${scheme}://127.0.0.1:${port}`).replaceAll('OWN', `${scheme}://localhost:${port}`);
  const { pathname } = new URL(request.url, 'http://localhost');
  if (SCRIPTS[pathname]) {
    response.writeHead(200, { 'content-type': 'text/javascript' }).end(here(SCRIPTS[pathname]));
    return;
  }
  const headers = { 'content-type': 'text/html' };
  const reports = scheme === 'https' ? '; report-uri /csp-report; report-to default' : '; report-uri /csp-report';
  const { enforced, tried } = POLICIES[pathname] ?? {};
  if (enforced) headers['content-security-policy'] = enforced + reports;
  if (tried) headers['content-security-policy-report-only'] = tried + reports;
  if (scheme === 'https') headers['reporting-endpoints'] = 'default="/csp-report"';
  if (pathname === '/alone') {
    headers['cross-origin-embedder-policy'] = 'require-corp; report-to="default"';
    headers['cross-origin-opener-policy'] = 'same-origin; report-to="default"';
  }
  response.writeHead(200, headers).end(here(PAGES[pathname] ?? '<!doctype html><title>A page</title>'));
}

const listening = (server) => new Promise((resolve) => { server.listen(0, () => resolve(server.address().port)); });
const ports = {};
const clear = http.createServer((...both) => answer('http', ports.http, ...both));
const secure = https.createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (...both) => answer('https', ports.https, ...both));
ports.http = await listening(clear);
ports.https = await listening(secure);

// Chromium delays such reports by up to a minute, unless this option is set.
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--ignore-certificate-errors', '--short-reporting-delay'] });
const context = await browser.newContext({ ignoreHTTPSErrors: true });
const quiet = async () => {
  for (let seen = -1; seen !== requests.length;) {
    seen = requests.length;
    await new Promise((resolve) => { setTimeout(resolve, 2000); });
  }
};
for (const [scheme, port] of Object.entries(ports)) {
  const own = `${scheme}://localhost:${port}`;
  for (const path of ['/about?from=mail#top', '/types', '/old?a=b', '/frames']) {
    const page = await context.newPage();
    await page.goto((path === '/frames' ? `${scheme}://127.0.0.1:${port}` : own) + path, { waitUntil: 'domcontentloaded' });
    await quiet();
    await page.close();
  }
  const opener = await context.newPage();
  await opener.goto(`${own}/opener`);
  await opener.evaluate((url) => { window.other = window.open(url); }, `${own}/alone?secret=1`);
  await quiet();
}
const version = browser.version();
await browser.close();
clear.closeAllConnections();
secure.closeAllConnections();
clear.close();
secure.close();
rmSync(folder, { recursive: true });

const said = new Set();
const lines = [];
for (const { scheme, port, type, body } of requests) {
  const text = body.replaceAll(`localhost:${port}`, 'example.org').replaceAll(`127.0.0.1:${port}`, 'other.example')
    .replaceAll(/Mozilla[^"]*/g, 'Mozilla/5.0').replaceAll(/"age":\d+/g, '"age":7');
  const reports = type === 'application/csp-report' ? [JSON.parse(text)] : JSON.parse(text);
  for (const report of reports) {
    const one = JSON.stringify(report);
    if (said.has(`${scheme} ${one}`)) continue;
    said.add(`${scheme} ${one}`);
    lines.push(JSON.stringify({ scheme, type, body: type === 'application/csp-report' ? one : `[${one}]` }));
  }
}
lines.sort();
writeFileSync(target, `{"chromium": ${JSON.stringify(version)}, "requests": [\n${lines.join(',\n')}\n]}\n`);
console.log(`${lines.length} reports of Chromium ${version}`);
