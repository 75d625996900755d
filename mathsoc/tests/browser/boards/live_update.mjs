// One pupil answers without script, and the leaderboard moves in the windows of two others.

import { deepEqual, equal } from 'node:assert/strict';
import { cells, classmate, openLive, plain, row, solve, waitForAnnouncement } from '../lib/boards.mjs';
import { look } from '../lib/look.mjs';
import { story } from '../lib/story.mjs';

await story(async () => {
  const ada = await classmate('ada', { javaScriptEnabled: false });
  const eve = await classmate('eve');
  const bob = await classmate('bob', { reducedMotion: 'no-preference' });
  for (const page of [eve, bob]) await openLive(page, '/leaderboard');
  equal(await row(eve, 'board', 'Ada Lovelace').count(), 0);
  await look(eve, 'leaderboard-before');
  await solve(ada, plain);
  for (const page of [eve, bob]) await row(page, 'board', 'Ada Lovelace').waitFor();
  equal((await cells(eve, 'board', 'Ada Lovelace'))[1], 3);
  await waitForAnnouncement(eve, 'The leaderboard has changed.');
  const highlight = (page) => row(page, 'board', 'Ada Lovelace').evaluate((it) => [it.classList.contains('changed'), it.getAnimations().length]);
  deepEqual(await highlight(eve), [true, 0], 'reduced motion has no animation');
  deepEqual(await highlight(bob), [true, 1], 'the changed row is animated');
});
