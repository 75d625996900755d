// What an admin does, from the set-up link to the log: sets a challenge, previews it, writes an announcement, adds a school,
// gives points by hand,
// deletes something and puts it back; with script, and again without. Prints one JSON line of findings.
//
//   node admin.mjs <site> <link to set it up> [folder for screenshots]

import { equal, match } from 'node:assert/strict';
import { camera, findings, launch, listen } from './look.mjs';
import { inEveryView } from './views.mjs';

const [base, setUpLink, screenshots] = process.argv.slice(2);
const picture = camera(screenshots);
const grace = { 'Your name': 'Grace', 'E-mail address': 'grace@school.example', Password: 'seven silver trains hum at dusk' };
const pages = [];
const browser = await launch();

const look = (page, name) => {
  pages.push(name);
  return inEveryView(page, name, picture);
};

async function person(options) {
  const page = await (await browser.newContext({ baseURL: base, reducedMotion: 'reduce', ...options })).newPage();
  page.setDefaultTimeout(10_000);
  if (options?.javaScriptEnabled !== false) await listen(page);
  return page;
}

async function send(page, fields, button) {
  for (const [label, value] of Object.entries(fields)) {
    const field = page.getByRole('main').getByLabel(label, { exact: true }).first();
    if (['Key stage', 'Counts for', 'Year'].includes(label)) await field.selectOption(value);
    else await field.fill(value);
  }
  const answer = page.waitForResponse((it) => it.request().method() === 'POST');
  await page.getByRole('main').getByRole('button', { name: button, exact: typeof button === 'string' }).click();
  const status = (await answer).status();
  await page.waitForLoadState('load');
  return status;
}

const said = (page) => page.locator('main .said').textContent();

async function works(page, name) {
  const shown = name === 'script' ? (label) => look(page, label) : async () => {};
  await page.goto('/admin');
  await shown('home');

  await page.goto('/admin/challenges/new');
  await shown('new-challenge');
  equal(await send(page, {}, 'Save'), 422);
  await shown('new-challenge-wrong');
  const challenge = { Title: `Roots ${name}`, 'Key stage': 'KS5', 'In a sentence': 'Find \\(x\\).', 'What is asked for': '\\(x =\\)', 'The right answer': '7' };
  const statement = page.locator('textarea[name=statement]');
  if (await statement.isVisible()) await statement.fill('<p>Solve \\[x^2 = 49.\\]</p>');
  else await page.locator('main [contenteditable=true]').first().fill('Solve the equation.');
  equal(await send(page, challenge, 'Save'), 303);
  match(await said(page), /is saved/);
  await shown('challenges');
  await page.getByRole('link', { name: `Roots ${name}`, exact: true }).click();
  const popup = page.context().waitForEvent('page');
  await page.getByRole('button', { name: 'Preview in a new window' }).click();
  const preview = await popup;
  await preview.waitForLoadState('load');
  match(await preview.locator('main').textContent(), /This is a preview/);
  await preview.close();
  equal(await send(page, {}, 'Close it now'), 303);
  match(await said(page), /is closed/);

  await page.goto('/admin/announcements/new');
  await shown('new-announcement');
  equal(await send(page, { Title: `Tea ${name}`, Text: 'All of it.' }, 'Save'), 303);
  await page.getByRole('link', { name: `Delete Tea ${name}` }).click();
  await shown('delete');
  equal(await send(page, {}, 'Delete it'), 303);
  await shown('undo');
  equal(await send(page, {}, /^Put it back/), 303);
  match(await said(page), /is back/);

  await page.goto('/admin/schools/new');
  equal(await send(page, { Name: `Upton ${name}`, 'E-mail domain': `${name}.example` }, 'Save'), 303);
  await shown('schools');

  const pupil = { Name: `Emmy Noether ${name}`, 'E-mail address': `${name}@school.example`, Year: '8' };
  await page.goto('/admin/users/new');
  equal(await send(page, pupil, 'Make the account'), 303);
  await page.goto(`/admin/users?q=${name}`);
  await page.getByRole('link', { name: pupil.Name, exact: true }).click();
  await page.getByRole('link', { name: 'Give or take points' }).click();
  await shown('new-award');
  equal(await send(page, { Pupil: 'Emmy', Points: 'some' }, 'Save'), 422);
  match(await page.locator('#pupil-error').textContent(), /Did you mean Emmy Noether/);
  await shown('new-award-wrong');
  const award = { Pupil: pupil.Name, Points: '+3', Reason: 'The best question of the evening, asked twice', 'Counts for': 'KS4' };
  equal(await send(page, award, 'Save'), 303);
  match(await said(page), /has \+3 for “The best question/);
  await page.goto('/admin/awards/new');
  equal(await send(page, { ...award, Points: '-1', Reason: 'Talked meanwhile', 'Counts for': '' }, 'Save'), 303);
  await page.getByRole('link', { name: `${pupil.Name}, −1`, exact: true }).click();
  await shown('award');
  equal(await send(page, { Points: '-2' }, 'Save'), 303);
  await page.getByRole('link', { name: `Delete ${pupil.Name}, −2` }).click();
  await shown('delete-award');
  equal(await send(page, {}, 'Delete it'), 303);
  await shown('awards');
  equal(await send(page, {}, /^Put it back/), 303);
  match(await said(page), /is back/);
  await page.getByRole('searchbox', { name: 'Name or address of a pupil' }).fill(pupil['E-mail address']);
  await page.getByRole('main').getByRole('button', { name: 'Search' }).click();
  await page.waitForURL(/\/admin\/awards\?q=/);
  equal(await page.locator('.managed li').count(), 2);
  await page.goto('/admin/awards?q=nobody');
  await shown('awards-none');
  await page.goto(`/admin/users?q=${name}`);
  await page.getByRole('link', { name: pupil.Name, exact: true }).click();
  await shown('user-with-awards');

  await page.goto('/admin/tester');
  equal(await send(page, { 'Expected answer': '1/3', 'Given answer': '0.333', Rules: '' }, 'Compare'), 200);
  await shown('tester');
  await page.goto('/admin/log');
  await shown('log');
}

const own = await person();
await own.goto(new URL(setUpLink).pathname);
equal(await send(own, grace, 'Make the first admin'), 303);
await works(own, 'script');

const plain = await person({ javaScriptEnabled: false, storageState: await own.context().storageState() });
await works(plain, 'plain');

await browser.close();
console.log(JSON.stringify({ findings, pages }));
