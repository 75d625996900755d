// Checks of an open page: console, script errors, CSP violations, the CSP itself, width, and
// accessibility by axe-core.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { found } from './findings.mjs';

const require = createRequire(import.meta.url);
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const { CspEvaluator } = require('csp_evaluator');
const { CspParser } = require('csp_evaluator/dist/parser.js');
const { Severity } = require('csp_evaluator/dist/finding.js');

// The findings of csp_evaluator, without the informational ones.
function evaluate(policy) {
  return new CspEvaluator(new CspParser(policy).csp).evaluate()
    .filter(({ severity }) => ![Severity.STRICT_CSP, Severity.INFO, Severity.NONE].includes(severity))
    .map(({ directive, value, description }) => `${directive} ${value ?? ''}: ${description}`);
}
if (evaluate("script-src 'unsafe-inline'; object-src 'none'").length === 0) found('csp_evaluator', 'accepts an unsafe policy');

// Every response to a navigation has a CSP, and csp_evaluator accepts it.
function checkPolicy(response, where) {
  if (!response.request().isNavigationRequest()) return;
  const policy = response.headers()['content-security-policy'];
  if (!policy) found(where, 'has no CSP');
  for (const finding of evaluate(policy ?? '')) found(where, `csp_evaluator: ${finding}`);
}

// Collects console messages, script errors and CSP violations of the page. Chromium logs an error
// for a page with an error status and for a rejected API request, which stories expect.
export async function listen(page, where = () => new URL(page.url()).pathname) {
  page.on('console', (message) => {
    const { url } = message.location();
    const api = ['/api/submit', '/admin/api/pictures'].some((path) => url.endsWith(path));
    const isStatus = message.text().startsWith('Failed to load resource') && (url === page.url() || api);
    if (['error', 'warning'].includes(message.type()) && !isStatus) found(where(), `console: ${message.text()}`);
  });
  page.on('response', (response) => checkPolicy(response, where()));
  page.on('pageerror', (error) => found(where(), `script error: ${error.message}`));
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener('securitypolicyviolation', (event) =>
      window.violations.push(`${event.effectiveDirective} ${event.blockedURI}`));
  });
}

// Checks the open page in its present view.
export async function inspect(page, label) {
  for (const violation of await page.evaluate(() => window.violations)) found(label, `violates the CSP: ${violation}`);
  await checkWidth(page, label);
  if (!await page.evaluate(() => 'axe' in window)) await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run({ resultTypes: ['violations'] }));
  for (const rule of violations) {
    found(label, `axe ${rule.id}: ${rule.nodes[0].target} ${rule.nodes[0].failureSummary}`);
  }
}

// The page does not scroll sideways.
export async function checkWidth(page, label) {
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (overflow > 0) found(label, `is ${overflow} px wider than the screen`);
}
