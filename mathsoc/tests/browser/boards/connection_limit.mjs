// One pupil has three live windows at most. The fourth one tells that it is waiting.

import { equal } from 'node:assert/strict';
import { classmate } from '../lib/boards.mjs';
import { story } from '../lib/story.mjs';

await story(async () => {
  const page = await classmate('bob');
  const windows = [];
  for (let n = 0; n < 4; n += 1) {
    const opened = await page.context().newPage();
    await opened.goto('/leaderboard');
    windows.push(opened);
  }
  const waiting = windows.map((it) => it.locator('.live[data-state="wait"]').waitFor().then(() => 'waiting', () => 'live'));
  equal(await Promise.race(waiting), 'waiting', 'more than three windows are live');
});
