// An admin sends a pupil a link, edits the pupil, and changes the role, which ends the sessions.

import { equal, match } from 'node:assert/strict';
import { fill, follow, notice, path, press } from '../lib/forms.mjs';
import { look } from '../lib/look.mjs';
import { ada, adminWithPupils } from '../lib/people.mjs';
import { story } from '../lib/story.mjs';

await story(async () => {
  const page = await adminWithPupils();
  const pupil = await ada();
  await page.goto('/admin/users');
  await follow(page, 'Ada Lovelace');
  match(path(page), /^\/admin\/users\/\d+$/);
  await look(page, 'user');
  equal(await press(page, 'Send a link to choose a password'), 303);
  match(await notice(page), /A letter goes to pupil.number0/);
  await follow(page, 'Change name, school or year');
  match(path(page), /edit$/);
  await look(page, 'user-edit');
  equal(await press(page, 'Save'), 303);
  await follow(page, 'Change the role');
  match(path(page), /role$/);
  await look(page, 'user-role');
  await fill(page, { Role: 'admin' });
  equal(await press(page, 'Save'), 303);
  await pupil.goto('/profile');
  equal(path(pupil), '/login', 'a new role ends every session');
  await page.goto('/admin/users/1');
  await look(page, 'user-own');
  await page.goto('/admin/users/new');
  await look(page, 'user-new');
});
