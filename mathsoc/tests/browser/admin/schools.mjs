// An admin adds a school.

import { equal } from 'node:assert/strict';
import { firstAdmin } from '../lib/accounts.mjs';
import { send } from '../lib/forms.mjs';
import { look } from '../lib/look.mjs';
import { story } from '../lib/story.mjs';

await story(async () => {
  const page = await firstAdmin();
  await page.goto('/admin/schools/new');
  equal(await send(page, { Name: 'Upton', 'E-mail domain': 'upton.example' }, 'Save'), 303);
  await look(page, 'schools');
});
