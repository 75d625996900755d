// The session ends before an answer is sent. The draft is there after the next log-in.

import { equal } from 'node:assert/strict';
import { PASSWORD } from '../lib/accounts.mjs';
import { box, focusMathField, latex, openChallenge, pupil, type, verdict, waitForText } from '../lib/answers.mjs';
import { send } from '../lib/forms.mjs';
import { look } from '../lib/look.mjs';
import { story } from '../lib/story.mjs';

await story(async () => {
  const page = await pupil('Ada');
  await openChallenge(page, 'Hands of the clock');
  await type(page, 0, '145');
  await page.keyboard.press('Enter');
  await waitForText(verdict(page, 0), 'That is right.');
  await type(page, 1, '44');
  await page.context().clearCookies();
  await page.keyboard.press('Enter');
  await waitForText(box(page, 1).getByRole('alert'), 'You are logged out');
  await look(page, 'logged-out');
  await page.getByRole('link', { name: 'Load the page again.' }).click();
  await page.getByRole('link', { name: 'Log in to answer' }).click();
  await page.waitForURL(/\/login\?/);
  equal(await send(page, { 'E-mail address': 'ada@school.example', Password: PASSWORD }, 'Log in'), 303);
  equal(await latex(page, 1), '44');
  await focusMathField(page, 1);
  await page.keyboard.press('Enter');
  await waitForText(verdict(page, 1), 'three points for you');
});
