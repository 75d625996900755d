// Without script, an answer that is sent too often, or after the session ended, is shown again.

import { equal, match } from 'node:assert/strict';
import { PASSWORD } from '../lib/accounts.mjs';
import { openChallenge, pupil } from '../lib/answers.mjs';
import { press, send } from '../lib/forms.mjs';
import { look } from '../lib/look.mjs';
import { story } from '../lib/story.mjs';

await story(async () => {
  const page = await pupil('Ada');
  await openChallenge(page, 'Hands of the clock');
  await page.locator('input[name=answer]').first().fill('144 + 1');
  await page.context().clearCookies();
  equal(await press(page, 'Answer', page.locator('form.answer').first()), 403);
  match(await page.locator('main').innerText(), /What you typed is kept/);
  equal(await send(page, { 'E-mail address': 'ada@school.example', Password: PASSWORD }, 'Log in'), 303);
  match(await page.locator('main').innerText(), /Nothing was sent yet.*144 \+ 1/s);
  await look(page, 'unsent');
  equal(await press(page, 'Send it again'), 303);
  match(await page.locator('main').innerText(), /We read your answer as/);
});
