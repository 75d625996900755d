// A pupil answers without script: an unreadable answer, a right one and a wrong one.

import { equal } from 'node:assert/strict';
import { pupil, verdict, waitForText } from '../lib/answers.mjs';
import { photograph } from '../lib/look.mjs';
import { story } from '../lib/story.mjs';

await story(async () => {
  const page = await pupil('Bob');
  await page.goto('/challenges');
  while (await page.getByRole('link', { name: 'Roots inside roots', exact: true }).count() === 0) {
    await page.getByRole('link', { name: 'Older' }).click();
  }
  await page.getByRole('link', { name: 'Roots inside roots', exact: true }).click();
  await page.waitForURL(/\/challenges\/\d+$/);
  equal(await page.locator('math-field').count(), 0);
  const field = page.getByLabel('without a root inside a root').first();
  const answer = async (text) => {
    await field.fill(text);
    await page.getByRole('button', { name: 'Answer' }).first().click();
  };
  await answer('2+sqrt(3');
  await waitForText(page.getByRole('alert'), /\w/);
  await photograph(page, 'without-script-unread');
  await answer('sqrt(3)+2');
  await waitForText(verdict(page, 0), 'Right.');
  await answer('3+sqrt(2)');
  await waitForText(verdict(page, 1), 'Not right yet.');
  await photograph(page, 'without-script');
});
