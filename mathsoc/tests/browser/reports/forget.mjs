// An admin deletes one group of CSP reports, then all of them without script. A new report is
// listed again.

import { equal, match, ok } from 'node:assert/strict';
import { firstAdmin } from '../lib/accounts.mjs';
import { notice, press } from '../lib/forms.mjs';
import { look } from '../lib/look.mjs';
import { ARGUMENTS, openInjected, waitForReports } from '../lib/reports.mjs';
import { story, visitor } from '../lib/story.mjs';

const IMAGE = 'an image from https://images.example on the page /about.';

await story(async () => {
  const page = await firstAdmin();
  await openInjected('/about');
  await waitForReports(page, `Browsers stopped ${IMAGE}`, 'Browsers stopped a style attribute on the page /about.');
  const image = page.locator('.reports > li').filter({ hasText: IMAGE }).first();
  await image.locator('summary').click();
  const forget = /^Forget it.*an image from https:\/\/images\.example on the page \/about\.$/;
  equal(await press(page, forget, image), 303);
  match(await notice(page), /It is forgotten/);
  ok(!(await page.getByRole('main').innerText()).includes(`stopped ${IMAGE}`));
  await look(page, 'reports-forgotten');

  const storageState = await page.context().storageState();
  const scriptless = await visitor({ javaScriptEnabled: false, storageState });
  await scriptless.goto('/admin/reports');
  await scriptless.locator('.forget-all summary').click();
  equal(await press(scriptless, 'Forget all', scriptless.locator('.forget-all')), 303);
  match(await scriptless.getByRole('main').innerText(), /There is nothing here since it was forgotten/);
  await scriptless.goto('/admin/log');
  match(await scriptless.getByRole('main').innerText(), /Grace forgot the reports “all of them”: \d+ groups/);
  await page.goto('/admin/reports');
  await look(page, 'reports-all-forgotten');

  await openInjected('/challenges');
  await waitForReports(page, 'Browsers stopped an image from https://images.example on the page /challenges.');
}, ARGUMENTS);
