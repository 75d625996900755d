// A pupil's own row moves and is announced. The script makes the same rows as the server.

import { deepEqual, equal } from 'node:assert/strict';
import { classmate, openLive, plain, solve, waitForAnnouncement, waitUntilLive } from '../lib/boards.mjs';
import { look } from '../lib/look.mjs';
import { anotherPage, story } from '../lib/story.mjs';

await story(async () => {
  await solve(await classmate('ada'), plain);
  const eve = await classmate('eve');
  await openLive(eve, '/leaderboard');
  await solve(await anotherPage(eve), plain);
  await waitForAnnouncement(eve, /^You have 1 point now, and rank \d+\.$/);
  equal(await eve.locator('[data-board="board"] tr[aria-current] .here').count(), 1, 'one row is the own row');
  const rows = (page) => page.locator('[data-board="board"] tr').evaluateAll((all) => all.map((tr) => tr.outerHTML.replace(' class="changed"', '').replace(' class=""', '')));
  const byScript = await rows(eve);
  await eve.reload();
  await waitUntilLive(eve);
  deepEqual(byScript, await rows(eve), 'the server makes the same rows');
  await look(eve, 'leaderboard');
});
