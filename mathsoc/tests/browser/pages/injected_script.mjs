// A script that is injected into a page does not run, and the browser reports the CSP violation.

import { equal } from 'node:assert/strict';
import { found } from '../lib/findings.mjs';
import { given, newContext, story } from '../lib/story.mjs';

const INJECTED = ['<script>window.injected = 1</script>', '<img src="/none" onerror="window.injected = 1">',
  '<script src="data:text/javascript,window.injected=1"></script>', '<a id="lure" href="javascript:window.injected=1">x</a>'];

await story(async () => {
  const context = await newContext();
  for (const markup of INJECTED) {
    const page = await context.newPage();
    await page.addInitScript(() => {
      window.violations = [];
      document.addEventListener('securitypolicyviolation', (event) => window.violations.push(event.effectiveDirective));
    });
    await page.route(`${given.site}/about`, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: (await response.text()).replace('</main>', `${markup}</main>`) });
    });
    await page.goto('/about');
    await page.evaluate(() => document.getElementById('lure')?.click());
    await page.waitForFunction(() => window.violations.length > 0, null, { timeout: 5000 })
      .catch(() => found('/about', `no violation was reported for ${markup}`));
    equal(await page.evaluate(() => 'injected' in window), false, `${markup} ran`);
    await page.close();
  }
});
