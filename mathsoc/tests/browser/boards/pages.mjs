// The other boards and the lists of competitions and challenges. The link that skips to the content
// leads to the boards' links.

import { equal } from 'node:assert/strict';
import { classmate, openLive, plain } from '../lib/boards.mjs';
import { look } from '../lib/look.mjs';
import { story } from '../lib/story.mjs';

await story(async () => {
  const page = await classmate('eve');
  for (const [name, query] of [['class', 'board=class'], ['stage', `key_stage=${plain.stage}`], ['second-page', 'page=2']]) {
    await openLive(page, `/leaderboard?${query}`);
    await look(page, `leaderboard-${name}`);
  }
  await page.goto('/competitions');
  await look(page, 'competitions');
  await page.goto('/challenges');
  await look(page, 'challenges');

  await page.goto('/leaderboard');
  for (const key of ['Tab', 'Enter', 'Tab']) await page.keyboard.press(key);
  equal(await page.evaluate(() => document.activeElement.textContent), 'All');
});
