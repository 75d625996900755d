// The form that uploads a picture for the HTML source.

import { equal } from 'node:assert/strict';
import { firstAdmin } from '../lib/accounts.mjs';
import { BOARD } from '../lib/editor.mjs';
import { send } from '../lib/forms.mjs';
import { look } from '../lib/look.mjs';
import { story } from '../lib/story.mjs';

await story(async () => {
  const page = await firstAdmin();
  await page.goto('/admin/pictures/new');
  await look(page, 'upload-form');
  equal(await send(page, { 'What it shows': 'A board', File: BOARD }, 'Send it'), 200);
  await look(page, 'upload-form-sent');
});
