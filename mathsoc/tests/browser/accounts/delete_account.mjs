// A member deletes the account, which ends every session.

import { equal } from 'node:assert/strict';
import { WILHELMINA, logIn, member } from '../lib/accounts.mjs';
import { path, press, send } from '../lib/forms.mjs';
import { look } from '../lib/look.mjs';
import { story, visitor } from '../lib/story.mjs';

await story(async () => {
  const [page, other] = [await member(WILHELMINA), await visitor()];
  equal(await logIn(other, WILHELMINA.email), 303);
  await page.goto('/profile/delete_account');
  await look(page, 'delete');
  equal(await press(page, 'Delete my account for ever'), 422);
  await look(page, 'delete-wrong');
  equal(await send(page, { 'Yes, delete all of it': true }, 'Delete my account for ever'), 303);
  await other.goto('/profile');
  equal(path(other), '/login');
  equal(await logIn(other, WILHELMINA.email), 422, 'the account is gone');
});
