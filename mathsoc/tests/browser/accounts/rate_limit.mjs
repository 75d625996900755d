// The fourth wrong password for one account is rejected by the rate limit.

import { equal } from 'node:assert/strict';
import { logIn } from '../lib/accounts.mjs';
import { look } from '../lib/look.mjs';
import { story, visitor } from '../lib/story.mjs';

await story(async () => {
  const page = await visitor();
  for (const status of [422, 422, 422, 429]) {
    equal(await logIn(page, 'ada@school.example', 'not the password'), status);
  }
  await look(page, 'too-often');
});
