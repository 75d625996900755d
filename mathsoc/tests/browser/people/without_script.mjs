// An admin moves a pupil up a year without script.

import { equal } from 'node:assert/strict';
import { notice, press } from '../lib/forms.mjs';
import { adminWithPupils } from '../lib/people.mjs';
import { story } from '../lib/story.mjs';

await story(async () => {
  const page = await adminWithPupils({ viewport: { width: 375, height: 740 } });
  await page.goto('/admin/users');
  await page.getByLabel('Choose Euclid').check();
  await page.getByLabel('What').selectOption('next_year');
  equal(await press(page, 'Show what would change'), 200);
  equal(await press(page, 'Move them up'), 303);
  equal(await notice(page), 'One user is moved up.');
});
