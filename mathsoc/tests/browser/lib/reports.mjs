// CSP reports: a page with injected markup, and the admin's page that lists the reports.

import { equal, match, ok } from 'node:assert/strict';
import { isSecure, newContext } from './story.mjs';

// Chromium batches reports to `Reporting-Endpoints` for up to a minute without this.
export const ARGUMENTS = isSecure ? ['--ignore-certificate-errors', '--short-reporting-delay'] : [];
export const INJECTED = `<script>window.injected = true</script><p style="color: red">red</p>
<img src="https://images.example/people/ada.png?size=2" alt=""><img src="/favicon.ico" alt="" onload="window.injected = true">
<link rel="preload" as="fetch" href="/favicon.ico?from=here">`;

// Opens a page with the injected markup, under the CSP that the site sent with it. The page stays
// open, because Chromium may discard the reports of a closed page.
export async function openInjected(path) {
  const page = await (await newContext()).newPage();
  await page.route(`**${path}`, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: (await response.text()).replace('</main>', `${INJECTED}</main>`) });
  });
  const policy = (await page.goto(path)).headers()['content-security-policy'];
  match(policy, isSecure ? /; report-uri \/csp-report; report-to default$/ : /; report-uri \/csp-report$/);
  equal(await page.evaluate(() => 'injected' in window), false, 'the script does not run');
}

// Reloads the page of the reports until it has all of these sentences.
export async function waitForReports(page, ...sentences) {
  for (const end = Date.now() + 10_000; ;) {
    await page.goto('/admin/reports');
    const text = await page.getByRole('main').innerText();
    const missing = sentences.filter((part) => !text.includes(part));
    if (missing.length === 0) return;
    ok(Date.now() < end, `${missing} is missing:\n${text}`);
  }
}
