// Leaderboards and competitions, as pupils meet them: one answers, and the board moves in another's window. Every page is looked
// at light and dark, on a desk and on a phone. Prints one JSON line of findings.
//
//   node boards.mjs <site> <password> <two challenges with an answer each, one of them of a competition> [folder for screenshots]

import { equal, match } from 'node:assert/strict';
import { camera, findings, found, inWidth, inspect, launch, listen } from './look.mjs';

const [base, password, challenges, screenshots] = process.argv.slice(2);
const [plain, sprint] = JSON.parse(challenges);
const picture = camera(screenshots);
const looks = [
  { name: 'desktop', width: 1280, height: 900 },
  { name: 'phone', width: 375, height: 740 },
].flatMap((size) => ['light', 'dark'].map((colorScheme) => ({ ...size, colorScheme })));
const seen = new Set();

const browser = await launch();

// Somebody who has logged in.
async function person(name, options) {
  const context = await browser.newContext({ baseURL: base, reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  if (options?.javaScriptEnabled !== false) await listen(page);
  await page.goto('/login');
  await page.getByLabel('E-mail address').fill(`${name}@school.example`);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('main').getByRole('button', { name: 'Log in', exact: true }).click();
  await page.waitForURL(`${base}/`);
  return page;
}

// Looks at the page that is open, in every view.
async function look(page, name) {
  seen.add(name);
  for (const { name: size, width, height, colorScheme } of looks) {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme });
    await inspect(page, `${name} (${size}, ${colorScheme})`);
    await picture(page, `${name}.${size}-${colorScheme}`);
  }
  await page.setViewportSize({ width: 320, height: 640 });
  await inWidth(page, `${name} (narrow)`);
  await picture(page, `${name}.narrow`);
  await page.setViewportSize(looks[0]);
}

async function answer(page, { challenge, boxes }) {
  for (const [id, text] of boxes) {
    await page.goto(`/challenges/${challenge}`);
    if (page === ada) {
      await page.locator(`#answer-${id}`).fill(text);
      await page.locator(`#box-${id} button`).click();
    } else {
      await page.locator(`#box-${id} math-field`).click();
      // It takes the focus a moment later.
      await page.locator(`#box-${id} math-field:focus`).waitFor();
      await page.keyboard.type(text);
      await page.keyboard.press('Enter');
    }
    await page.locator(`#box-${id} .verdict.right`).waitFor();
  }
}

const live = (page) => page.locator('.live[data-state="on"]').waitFor();
const row = (page, board, name) => page.locator(`[data-board="${board}"] tr`, { hasText: name });
const cells = async (page, board, name) => (await row(page, board, name).locator('td').allTextContents()).map(Number);
const says = (page, text) => page.locator('.live [role="status"]', { hasText: text }).waitFor({ state: 'attached' });

const ada = await person('ada', { javaScriptEnabled: false });
const eve = await person('eve');
const bob = await person('bob', { reducedMotion: 'no-preference' });

// One answers by the form, and the board moves in the others' windows.
for (const page of [eve, bob]) {
  await page.goto('/leaderboard');
  await live(page);
}
equal(await row(eve, 'board', 'Ada Lovelace').count(), 0);
await look(eve, 'leaderboard-before');
await answer(ada, plain);
for (const page of [eve, bob]) await row(page, 'board', 'Ada Lovelace').waitFor();
equal((await cells(eve, 'board', 'Ada Lovelace'))[1], 3);
await says(eve, 'The leaderboard has changed.');
const lit = (page) => row(page, 'board', 'Ada Lovelace').evaluate((it) => [it.classList.contains('changed'), it.getAnimations().length]);
equal(String(await lit(eve)), 'true,0', 'who wants no motion has none');
equal(String(await lit(bob)), 'true,1', 'for others the line lights up');

// One's own line moves, and one is told.
const window2 = await eve.context().newPage();
await answer(window2, plain);
await says(eve, /^You have 1 point now, and rank \d+\.$/);
equal(await eve.locator('[data-board="board"] tr[aria-current] .here').count(), 1, 'it is there once');
const lines = (page) => page.locator('[data-board="board"] tr').evaluateAll((all) => all.map((tr) => tr.outerHTML.replace(' class="changed"', '').replace(' class=""', '')));
const told = await lines(eve);
await eve.reload();
await live(eve);
equal(JSON.stringify(await lines(eve)), JSON.stringify(told), 'what script has made is what the server makes');
await look(eve, 'leaderboard');
for (const [name, address] of [['class', '?board=class'], ['stage', `?key_stage=${plain.stage}`], ['second-page', '?page=2']]) {
  await eve.goto(`/leaderboard${address}`);
  await live(eve);
  await look(eve, `leaderboard-${name}`);
}

// A competition: both boards move.
await eve.goto('/competitions');
await look(eve, 'competitions');
await eve.goto('/challenges');
await look(eve, 'challenges');
await eve.goto(`/competitions/${sprint.competition}`);
await live(eve);
match(await eve.locator('.clock').textContent(), /^Closes in 5 days and 23 hours$/);
equal((await cells(eve, 'schools', 'Hillcrest Academy'))[1], 0);
await answer(ada, sprint);
await row(eve, 'pupils', 'Ada Lovelace').waitFor();
equal((await cells(eve, 'pupils', 'Ada Lovelace'))[1], 3);
equal((await cells(eve, 'schools', 'Marlow Bridge School'))[0], 1);
await answer(window2, sprint);
await says(eve, 'You have 1 point now, and rank 2.');
await eve.reload();
await live(eve);
await look(eve, 'competition');
await eve.goto(`/challenges/${sprint.challenge}`);
await look(eve, 'competition-challenge');

// Without script the page is whole, and says what to do.
await ada.goto('/leaderboard');
equal(await ada.locator('.live-state').textContent(), 'Reload the page to see what has changed.');
await ada.goto(`/competitions/${sprint.competition}`);
equal(await ada.locator('table.board').count(), 2);
await picture(ada, 'competition.bare');

// Who was given points by hand reads what for.
const noor = await person('noor');
await noor.goto('/profile/history');
equal(await noor.locator('.awarded li').count(), 2);
match(await noor.locator('.awarded').textContent(), /−1 Counted twice by mistake.*\+2 A poster/s);
await look(noor, 'history');

// By keyboard: from the link that skips to the boards' links.
await eve.goto('/leaderboard');
await eve.keyboard.press('Tab');
await eve.keyboard.press('Enter');
await eve.keyboard.press('Tab');
equal(await eve.evaluate(() => document.activeElement.textContent), 'All');

// A fourth window is not live, and says so; the page is whole.
const windows = [];
for (let n = 0; n < 4; n += 1) {
  const page = await bob.context().newPage();
  await page.goto('/leaderboard');
  windows.push(page);
}
const waiting = windows.map((page) => page.locator('.live[data-state="wait"]').waitFor().then(() => 'waits', () => 'never'));
if ((await Promise.race(waiting)) !== 'waits') found('/leaderboard', 'more than three windows are live');

await browser.close();
console.log(JSON.stringify({ pages: [...seen].sort(), findings }));
