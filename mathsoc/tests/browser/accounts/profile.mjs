// A member edits the profile, sees the other session, and confirms the password.

import { equal } from 'node:assert/strict';
import { WILHELMINA, logIn, member } from '../lib/accounts.mjs';
import { send } from '../lib/forms.mjs';
import { look } from '../lib/look.mjs';
import { story, visitor } from '../lib/story.mjs';

const PHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1';

await story(async () => {
  const page = await member(WILHELMINA);
  equal(await logIn(await visitor({ userAgent: PHONE }), WILHELMINA.email), 303);
  await page.goto('/profile');
  await look(page, 'profile');
  await page.goto('/profile/edit');
  await look(page, 'profile-edit');
  equal(await send(page, { 'Your name': '' }, 'Save'), 422);
  await look(page, 'profile-edit-wrong');
  equal(await send(page, { 'Your name': WILHELMINA.name }, 'Save'), 303);
  await look(page, 'profile-saved');
  await page.goto('/profile/sessions');
  await look(page, 'sessions');
  equal(await page.getByRole('button', { name: 'Log out there' }).count(), 1);
  await page.goto('/login/confirm?next=/profile/edit');
  await look(page, 'confirm');
  equal(await send(page, { Password: 'not my password at all' }, 'Go on'), 422);
  await look(page, 'confirm-wrong');
});
