// A member resets a forgotten password by e-mail, which ends every other session.

import { deepEqual, equal } from 'node:assert/strict';
import { PASSWORD, WILHELMINA, logIn, member } from '../lib/accounts.mjs';
import { path, press, send } from '../lib/forms.mjs';
import { look } from '../lib/look.mjs';
import { linkTo } from '../lib/mail.mjs';
import { autocompletes } from '../lib/passwords.mjs';
import { story, visitor } from '../lib/story.mjs';

const NEW = 'four grey badgers hum softly';

await story(async () => {
  const [page, other] = [await member(WILHELMINA), await visitor()];
  await other.goto('/password_reset');
  await look(other, 'reset');
  equal(await send(other, { 'E-mail address': 'ada' }, 'Send me a link'), 422);
  await look(other, 'reset-wrong');
  equal(await send(other, { 'E-mail address': WILHELMINA.email }, 'Send me a link'), 200);
  await look(other, 'reset-letter');
  await other.goto(await linkTo(WILHELMINA.email, 'password_reset'));
  deepEqual(await autocompletes(other), ['password new-password']);
  await look(other, 'reset-new');
  equal(await press(other, 'Keep this password'), 422);
  await look(other, 'reset-new-wrong');
  equal(await send(other, { Password: NEW }, 'Keep this password'), 303);
  equal(path(other), '/', 'the link logs in');
  await page.goto('/profile');
  equal(path(page), '/login', 'every other session ends');
  equal(await logIn(page, WILHELMINA.email, PASSWORD), 422);
  equal(await logIn(page, WILHELMINA.email, NEW), 303);
});
