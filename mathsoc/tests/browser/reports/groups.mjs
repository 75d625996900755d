// CSP violations on two pages become groups that an admin reads.

import { match, ok } from 'node:assert/strict';
import { firstAdmin } from '../lib/accounts.mjs';
import { look } from '../lib/look.mjs';
import { ARGUMENTS, openInjected, waitForReports } from '../lib/reports.mjs';
import { story } from '../lib/story.mjs';

await story(async () => {
  const page = await firstAdmin();
  await page.goto('/admin/reports');
  match(await page.getByRole('main').innerText(), /Nothing was reported\./);
  await look(page, 'reports-none');

  await openInjected('/about');
  await openInjected('/articles');
  await waitForReports(page,
    'Browsers stopped a script written into the page on the page /about.',
    'Browsers stopped an image from https://images.example on the page /about.',
    'Browsers stopped a style attribute on the page /about.',
    'Browsers stopped an event handler in an attribute on the page /about.',
    'Browsers would have stopped a connection of a script to /favicon.ico on the page /about.',
    'Browsers stopped an image from https://images.example on the page /articles.');
  const text = await page.getByRole('main').innerText();
  for (const secret of ['size=2', 'ada.png']) ok(!text.includes(secret), `${secret} is in\n${text}`);
  await look(page, 'reports');

  const image = page.locator('.reports > li').filter({ hasText: 'an image from https://images.example on the page /about.' }).first();
  await image.locator('summary').click();
  match(await image.innerText(), /img-src 'self' https:\/\/images\.example/);
  await look(page, 'reports-open');
}, ARGUMENTS);
