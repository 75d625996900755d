// A new password ends the member's other sessions and keeps this one.

import { deepEqual, equal } from 'node:assert/strict';
import { PASSWORD, WILHELMINA, logIn, member } from '../lib/accounts.mjs';
import { path, send } from '../lib/forms.mjs';
import { look } from '../lib/look.mjs';
import { autocompletes } from '../lib/passwords.mjs';
import { story, visitor } from '../lib/story.mjs';

const NEW = 'six green otters waltz along';

await story(async () => {
  const [page, other] = [await member(WILHELMINA), await visitor()];
  equal(await logIn(other, WILHELMINA.email), 303);
  await page.goto('/profile/change_password');
  deepEqual(await autocompletes(page), ['password current-password', 'password new-password']);
  await look(page, 'change-password');
  const change = (current, next) => send(page, { 'Your password now': current, 'New password': next }, 'Change it');
  equal(await change('not my password at all', NEW), 422);
  equal(await change(PASSWORD, 'short'), 422);
  await look(page, 'change-password-wrong');
  equal(await change(PASSWORD, NEW), 303);
  equal(path(page), '/profile', 'this session stays');
  await other.goto('/profile');
  equal(path(other), '/login', 'the other session ends');
  equal(await logIn(other, WILHELMINA.email, PASSWORD), 422);
  equal(await logIn(other, WILHELMINA.email, NEW), 303);
});
