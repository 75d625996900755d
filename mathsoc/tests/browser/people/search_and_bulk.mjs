// An admin searches the list of users, and deletes, restores and moves many of them at once.

import { equal } from 'node:assert/strict';
import { notice, press } from '../lib/forms.mjs';
import { look } from '../lib/look.mjs';
import { adminWithPupils } from '../lib/people.mjs';
import { story } from '../lib/story.mjs';

await story(async () => {
  const page = await adminWithPupils();
  await page.goto('/admin/users');
  await page.getByLabel('Name or address').fill('émilie%');
  await page.keyboard.press('Enter');
  await page.waitForURL(/q=/);
  await look(page, 'users-none');
  await page.goto('/admin/users?year=KS3&unverified=yes');
  await look(page, 'users-narrow');
  await page.goto('/admin/users');
  for (const name of ['Kim', 'Hypatia', 'Grace']) await page.getByLabel(`Choose ${name}`, { exact: true }).check();
  await page.getByLabel('What').selectOption('delete');
  equal(await press(page, 'Show what would change'), 200);
  await look(page, 'bulk-delete');
  equal(await press(page, 'Delete them'), 303);
  equal(await notice(page), '2 users are deleted.', 'admins cannot delete themselves');
  await look(page, 'users-deleted');
  equal(await press(page, 'Put all of them back'), 303);
  await page.getByLabel('Everybody (29)').check();
  await page.getByLabel('What').selectOption('move');
  equal(await press(page, 'Show what would change'), 200);
  await look(page, 'bulk-move');
  equal(await press(page, 'Move them'), 303);
  equal(await notice(page), '29 users are moved.');
});
