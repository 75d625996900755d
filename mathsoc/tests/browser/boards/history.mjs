// A pupil reads the reasons of points that an admin has awarded.

import { equal, match } from 'node:assert/strict';
import { classmate } from '../lib/boards.mjs';
import { look } from '../lib/look.mjs';
import { story } from '../lib/story.mjs';

await story(async () => {
  const page = await classmate('noor');
  await page.goto('/profile/history');
  equal(await page.locator('.awarded li').count(), 2);
  match(await page.locator('.awarded').textContent(), /−1 Counted twice by mistake.*\+2 A poster/s);
  await look(page, 'history');
});
