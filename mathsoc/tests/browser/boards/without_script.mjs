// Boards are complete without script and tell the pupil to reload the page.

import { equal } from 'node:assert/strict';
import { classmate, sprint } from '../lib/boards.mjs';
import { photograph } from '../lib/look.mjs';
import { story } from '../lib/story.mjs';

await story(async () => {
  const page = await classmate('ada');
  await page.goto('/leaderboard');
  equal(await page.locator('.live-state').textContent(), 'Reload the page to see what has changed.');
  await page.goto(`/competitions/${sprint.competition}`);
  equal(await page.locator('table.board').count(), 2);
  await photograph(page, 'competition.bare');
});
