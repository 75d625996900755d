// An admin writes an announcement, deletes it and restores it.

import { equal, match } from 'node:assert/strict';
import { firstAdmin } from '../lib/accounts.mjs';
import { follow, notice, press, send } from '../lib/forms.mjs';
import { look } from '../lib/look.mjs';
import { story } from '../lib/story.mjs';

await story(async () => {
  const page = await firstAdmin();
  await page.goto('/admin/announcements/new');
  await look(page, 'new-announcement');
  equal(await send(page, { Title: 'Tea', Text: 'All of it.' }, 'Save'), 303);
  await follow(page, 'Delete Tea');
  await look(page, 'delete');
  equal(await press(page, 'Delete it'), 303);
  await look(page, 'undo');
  equal(await press(page, /^Put it back/), 303);
  match(await notice(page), /is back/);
});
