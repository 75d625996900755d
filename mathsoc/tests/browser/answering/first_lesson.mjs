// The first lesson: pupils on phones behind one address register, log in again, look around and
// answer, all at once, under the default limits.

import { equal, match } from 'node:assert/strict';
import { PASSWORD, logIn } from '../lib/accounts.mjs';
import { openChallenge, pupil, type, verdict, waitForText } from '../lib/answers.mjs';
import { path, press } from '../lib/forms.mjs';
import { look } from '../lib/look.mjs';
import { story } from '../lib/story.mjs';

const CLASS = ['Ada', 'Bob', 'Eve', 'Idris', 'Noor', 'Tom'];

// Returns the page, on which the pupil has answered.
async function lesson(name) {
  const page = await pupil(name);
  equal(await press(page, 'Log out', page.locator('body')), 303);
  const email = `${name.toLowerCase()}@school.example`;
  equal(await logIn(page, email, 'mistyped'), 422);
  equal(await logIn(page, email, PASSWORD), 303);
  equal(path(page), '/');
  for (const looked of ['/challenges', '/leaderboard']) equal((await page.goto(looked)).status(), 200);
  await openChallenge(page, 'Roots inside roots');
  await type(page, 0, '2+sqrt3');
  await page.keyboard.press('Enter');
  await waitForText(verdict(page, 0), 'That is right.');
  await type(page, 1, '3-sqrt2');
  await page.keyboard.press('Enter');
  await waitForText(verdict(page, 1), /point/);
  return page;
}

await story(async () => {
  const [page] = await Promise.all(CLASS.map(lesson));
  await page.goto('/leaderboard');
  for (const name of CLASS) match(await page.locator('main').innerText(), new RegExp(name));
  await look(page, 'leaderboard');
});
