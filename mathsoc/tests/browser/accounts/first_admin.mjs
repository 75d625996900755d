// The set-up link makes the first admin, once.

import { equal } from 'node:assert/strict';
import { ADMIN, setUpPath } from '../lib/accounts.mjs';
import { heading, path, press, send } from '../lib/forms.mjs';
import { look } from '../lib/look.mjs';
import { story, visitor } from '../lib/story.mjs';

await story(async () => {
  const page = await visitor();
  await page.goto(setUpPath());
  await look(page, 'setup');
  equal(await press(page, 'Make the first admin'), 422);
  await look(page, 'setup-wrong');
  const fields = { 'Your name': ADMIN.name, 'E-mail address': ADMIN.email, Password: ADMIN.password };
  equal(await send(page, fields, 'Make the first admin'), 303);
  equal(path(page), '/profile');
  await look(page, 'profile-admin');
  await page.goto(setUpPath());
  equal(await heading(page), 'This link does not work');
  await look(page, 'dead-link');
});
