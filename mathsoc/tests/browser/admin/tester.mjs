// An admin compares two answers, and reads the admin log.

import { equal } from 'node:assert/strict';
import { firstAdmin } from '../lib/accounts.mjs';
import { send } from '../lib/forms.mjs';
import { look } from '../lib/look.mjs';
import { story } from '../lib/story.mjs';

await story(async () => {
  const page = await firstAdmin();
  await page.goto('/admin/tester');
  equal(await send(page, { 'Expected answer': '1/3', 'Given answer': '0.333', Rules: '' }, 'Compare'), 200);
  await look(page, 'tester');
  await page.goto('/admin/log');
  await look(page, 'log');
});
