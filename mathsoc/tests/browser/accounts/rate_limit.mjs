// The fourth password reset is rejected by the rate limit.

import { equal } from 'node:assert/strict';
import { send } from '../lib/forms.mjs';
import { look } from '../lib/look.mjs';
import { story, visitor } from '../lib/story.mjs';

await story(async () => {
  const page = await visitor();
  for (const status of [200, 200, 200, 429]) {
    await page.goto('/password_reset');
    equal(await send(page, { 'E-mail address': 'ada@school.example' }, 'Send me a link'), status);
  }
  await look(page, 'too-often');
});
