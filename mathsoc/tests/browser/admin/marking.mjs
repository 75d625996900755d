// An admin looks through the answers, corrects a wrong key, and gives tries back. A pupil sees it.

import { equal, match } from 'node:assert/strict';
import { firstAdmin, member, WILHELMINA } from '../lib/accounts.mjs';
import { pupil } from '../lib/answers.mjs';
import { fill, follow, heading, notice, path, press } from '../lib/forms.mjs';
import { look } from '../lib/look.mjs';
import { story } from '../lib/story.mjs';

// Yesterday: the list begins with the newest.
const YESTERDAY = new Date(Date.now() - 24 * 60 * 60 * 1000).toISOString().slice(0, 16);
const HOURS = { 'Shown from': YESTERDAY, 'Closed from': '2099-12-03T16:00' };

// Sends the form as it is without script; the math field has stories of its own.
async function answer(page, id, given) {
  await page.goto(`/challenges/${id}`);
  await page.locator('input[name=answer]').first().evaluate((it, value) => { it.value = value; it.form.submit(); }, given);
  await page.waitForURL(/#box-/);
}

await story(async () => {
  const page = await firstAdmin();
  await page.goto('/admin/challenges/new');
  await fill(page, { Title: 'The lunch queue', 'In a sentence': 'How many wait?', 'A hint': 'Count \\(n\\) twice.', ...HOURS });
  const source = page.locator('textarea[name=statement]');
  if (await source.isVisible()) await source.fill('<p>How many wait?</p>');
  else await page.locator('main [contenteditable=true]').first().fill('How many wait?');
  equal(await press(page, 'Add a box'), 200);
  await page.getByLabel('What is asked for', { exact: true }).first().fill('The number of pupils \\(n\\)');
  await page.getByLabel('The right answer', { exact: true }).first().fill('2');
  equal(await press(page, 'Keep as a draft'), 303);
  match(await notice(page), /as a draft/);
  await look(page, 'draft-in-list');
  await follow(page, 'The lunch queue');
  const id = path(page).split('/').at(-1);
  await look(page, 'draft');
  equal(await press(page, 'Publish'), 303);

  const wilhelmina = await member(WILHELMINA);
  const ada = await pupil('Ada');
  await answer(wilhelmina, id, '2');
  for (const given of ['7/2', '5', '2.5']) await answer(ada, id, given);
  await ada.goto(`/challenges/${id}`);
  await look(ada, 'hint');

  await page.goto(`/admin/challenges/${id}/results`);
  for (const details of await page.locator('.given').all()) await details.locator('summary').click();
  await look(page, 'results');
  equal(await press(page, /^Give tries back to Ada/), 303);
  match(await notice(page), /3 tries given back/);
  await page.goto(`/admin/challenges/${id}`);
  await page.getByLabel('The right answer', { exact: true }).first().fill('5');
  equal(await press(page, 'Save'), 200);
  equal(await heading(page), 'What would change');
  await look(page, 'what-would-change');
  equal(await press(page, 'Save, and mark again'), 303);
  match(await notice(page), /1 pupil with more points, 1 pupil with fewer/);
  await page.goto('/admin/users?q=Ada');
  await follow(page, 'Ada');
  await follow(page, 'See all answers');
  await look(page, 'answers-of-a-pupil');
  await ada.goto(`/challenges/${id}`);
  match(await ada.locator('.verdict').first().textContent(), /Right/);

  // Somebody else saves while the form is open.
  await page.goto(`/admin/challenges/${id}`);
  const other = await page.context().newPage();
  await other.goto(`/admin/challenges/${id}`);
  await fill(other, { Title: 'The dinner queue', 'In a sentence': 'How many stand there?' });
  equal(await press(other, 'Save'), 303);
  await other.close();
  await fill(page, { 'In a sentence': 'How many queue?' });
  equal(await press(page, 'Save'), 409);
  equal(await page.getByRole('button', { name: 'Put it back' }).count(), 0, 'the page shows the text already');
  await look(page, 'saved-by-somebody-else');
  equal(await press(page, 'Save'), 303);

  await page.goto(`/admin/challenges/${id}`);
  equal(await press(page, 'Close it now'), 303);
  await page.goto(`/admin/challenges/${id}`);
  equal(await press(page, 'Open it again'), 200);
  await look(page, 'open-again');
  equal(await press(page, 'Open it again'), 303);
});
