// An admin sets a challenge, previews it and closes it.

import { equal, match } from 'node:assert/strict';
import { firstAdmin } from '../lib/accounts.mjs';
import { fill, follow, notice, press, preview } from '../lib/forms.mjs';
import { look } from '../lib/look.mjs';
import { story } from '../lib/story.mjs';

await story(async () => {
  const page = await firstAdmin();
  await page.goto('/admin');
  await look(page, 'home');
  await page.goto('/admin/challenges/new');
  await look(page, 'new-challenge');
  equal(await press(page, 'Publish'), 422);
  await look(page, 'new-challenge-wrong');
  const source = page.locator('textarea[name=statement]');
  if (await source.isVisible()) await source.fill('<p>Solve \\[x^2 = 49.\\]</p>');
  else await page.locator('main [contenteditable=true]').first().fill('Solve the equation.');
  await fill(page, { Title: 'Roots', 'Key stage': 'KS5', 'In a sentence': 'Find \\(x\\).' });
  // The labels of the first answer box. The form has more of them.
  await page.getByLabel('What is asked for', { exact: true }).first().fill('\\(x =\\)');
  await page.getByLabel('The right answer', { exact: true }).first().fill('7');
  equal(await press(page, 'Publish'), 303);
  match(await notice(page), /is saved/);
  await look(page, 'challenges');
  await follow(page, 'Roots');
  await preview(page, async (opened) => match(await opened.locator('main').textContent(), /This is a preview/));
  equal(await press(page, 'Close it now'), 303);
  match(await notice(page), /is closed/);
});
