// What the scripts here share: a browser, what a page does wrong while it is there, what csp_evaluator says of its policy, and how
// it looks to axe-core and on a phone.

import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const require = createRequire(import.meta.url);
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const { CspEvaluator } = require('csp_evaluator');
const { CspParser } = require('csp_evaluator/dist/parser.js');
const { Severity } = require('csp_evaluator/dist/finding.js');

export const findings = [];
export const found = (where, what) => findings.push(`${where}: ${what}`);
// What breaks off often has its reason there.
process.on('exit', (code) => { if (code !== 0) console.error(findings.join('\n')); });

export const launch = (more = []) => chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', ...more],
});

// What csp_evaluator finds in a policy, but for what is only worth knowing.
const evaluated = (policy) => new CspEvaluator(new CspParser(policy).csp).evaluate()
  .filter(({ severity }) => ![Severity.STRICT_CSP, Severity.INFO, Severity.NONE].includes(severity))
  .map(({ directive, value, description }) => `${directive} ${value ?? ''}: ${description}`);
if (evaluated("script-src 'unsafe-inline'; object-src 'none'").length === 0) found('csp_evaluator', 'finds nothing at all');

// Every answer that a person goes to has a policy, in which it finds nothing.
function evaluate(response, where) {
  if (!response.request().isNavigationRequest()) return;
  const policy = response.headers()['content-security-policy'];
  if (!policy) found(where, 'has no policy');
  for (const finding of evaluated(policy ?? '')) found(where, `csp_evaluator: ${finding}`);
}

// What a page says on the console, and what the policy stops there. The browser's own word on a page whose status is an
// error, or of an answer that is not taken, is no error of the page.
export async function listen(page, where = () => new URL(page.url()).pathname) {
  page.on('console', (message) => {
    const { url } = message.location();
    const refused = ['/api/submit', '/admin/api/pictures'].some((path) => url.endsWith(path));
    const ownWord = message.text().startsWith('Failed to load resource') && (url === page.url() || refused);
    if (['error', 'warning'].includes(message.type()) && !ownWord) found(where(), `console: ${message.text()}`);
  });
  page.on('response', (response) => evaluate(response, where()));
  page.on('pageerror', (error) => found(where(), `script error: ${error.message}`));
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener('securitypolicyviolation', (event) =>
      window.violations.push(`${event.effectiveDirective} ${event.blockedURI}`));
  });
}

// How the page that is open looks: what the policy stopped, what is too wide, and what axe-core finds.
export async function inspect(page, label) {
  for (const violation of await page.evaluate(() => window.violations)) found(label, `violates the policy: ${violation}`);
  await inWidth(page, label);
  if (!await page.evaluate(() => 'axe' in window)) await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run({ resultTypes: ['violations'] }));
  for (const rule of violations) {
    found(label, `axe ${rule.id}: ${rule.nodes[0].target} ${rule.nodes[0].failureSummary}`);
  }
}

// Nobody has to scroll sideways.
export async function inWidth(page, label) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (wide > 0) found(label, `is ${wide} px wider than the screen`);
}

// Keeps pictures in a folder, if there is one.
export function camera(folder) {
  if (!folder) return async () => {};
  mkdirSync(folder, { recursive: true });
  return (page, name, options) => page.screenshot({ path: `${folder}/${name}.png`, fullPage: true, ...options });
}
