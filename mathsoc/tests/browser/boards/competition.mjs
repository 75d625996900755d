// Two pupils answer in a competition, and both of its boards move.

import { equal, match } from 'node:assert/strict';
import { cells, classmate, openLive, row, solve, sprint, waitForAnnouncement, waitUntilLive } from '../lib/boards.mjs';
import { look } from '../lib/look.mjs';
import { anotherPage, story } from '../lib/story.mjs';

await story(async () => {
  const ada = await classmate('ada', { javaScriptEnabled: false });
  const eve = await classmate('eve');
  await openLive(eve, `/competitions/${sprint.competition}`);
  match(await eve.locator('.clock').textContent(), /^Closes in 5 days and 23 hours$/);
  equal((await cells(eve, 'schools', 'Hillcrest Academy'))[1], 0);
  await solve(ada, sprint);
  await row(eve, 'pupils', 'Ada Lovelace').waitFor();
  equal((await cells(eve, 'pupils', 'Ada Lovelace'))[1], 3);
  equal((await cells(eve, 'schools', 'Marlow Bridge School'))[0], 1);
  await solve(await anotherPage(eve), sprint);
  await waitForAnnouncement(eve, 'You have 1 point now, and rank 2.');
  await eve.reload();
  await waitUntilLive(eve);
  await look(eve, 'competition');
  await eve.goto(`/challenges/${sprint.challenge}`);
  await look(eve, 'competition-challenge');
});
