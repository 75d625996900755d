// An admin imports a list of pupils with faulty rows. A pupil follows the link of the e-mail.

import { equal, match } from 'node:assert/strict';
import { fill, notice, press } from '../lib/forms.mjs';
import { look } from '../lib/look.mjs';
import { LIST, ada, adminWithSchools } from '../lib/people.mjs';
import { story } from '../lib/story.mjs';

await story(async () => {
  const page = await adminWithSchools();
  await page.goto('/admin/users/import');
  await look(page, 'import');
  await fill(page, { 'The list': 'Ada,ada@marlow.example' });
  equal(await press(page, 'Try it out'), 422);
  await look(page, 'import-wrong');
  await fill(page, { 'The list': LIST });
  equal(await press(page, 'Try it out'), 200);
  match(await page.locator('main').textContent(), /28 accounts to be made, 1 there already, 4 wrong/);
  await look(page, 'import-tried');
  equal(await press(page, 'Make these 28 accounts'), 303);
  equal(await notice(page), '28 users are imported. Each of them gets a letter.');
  await look(page, 'users');
  await ada((welcome) => look(welcome, 'welcome'));
});
