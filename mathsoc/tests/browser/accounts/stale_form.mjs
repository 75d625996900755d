// A form with a CSRF token of another session is rejected.

import { equal } from 'node:assert/strict';
import { WILHELMINA, member } from '../lib/accounts.mjs';
import { press } from '../lib/forms.mjs';
import { look } from '../lib/look.mjs';
import { story } from '../lib/story.mjs';

await story(async () => {
  const page = await member(WILHELMINA);
  await page.goto('/profile/edit');
  await page.locator('main input[name=csrf_token]').evaluate((field) => { field.value = field.value.replace(/.{9}$/, 'AAAAAAAAA'); });
  equal(await press(page, 'Save'), 403);
  await look(page, 'stale-form');
  await page.goto('/profile/edit');
  equal(await press(page, 'Save'), 303);
});
