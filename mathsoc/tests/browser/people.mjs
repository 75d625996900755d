// What admins do with people: a list is imported, searched and changed, and the dashboard shows what came of it; every page
// light and dark, on a desk and on a phone. Prints one JSON line of findings.
//
//   node people.mjs <site> <link to set it up> <folder of letters> [folder for screenshots]

import { readFileSync, readdirSync } from 'node:fs';
import { equal, match, ok } from 'node:assert/strict';
import { camera, findings, inWidth, inspect, launch, listen } from './look.mjs';

const [base, setUpLink, outbox, screenshots] = process.argv.slice(2);
const picture = camera(screenshots);
const looks = [
  { name: 'desktop', width: 1280, height: 900 },
  { name: 'phone', width: 375, height: 740 },
].flatMap((size) => ['light', 'dark'].map((colorScheme) => ({ ...size, colorScheme })));
const seen = new Set();

const browser = await launch();
const person = async (options) => {
  const page = await (await browser.newContext({ baseURL: base, reducedMotion: 'reduce', ...options })).newPage();
  page.setDefaultTimeout(10_000);
  if (options?.javaScriptEnabled !== false) await listen(page);
  return page;
};

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
  await page.setViewportSize(looks[0]);
}

// Presses a button of the page's own forms, and waits for the next page.
async function press(page, button) {
  const answer = page.waitForResponse((it) => it.request().isNavigationRequest());
  await page.getByRole('main').getByRole('button', { name: button, exact: true }).click();
  const status = (await answer).status();
  await page.waitForLoadState('load');
  return status;
}

const password = 'seven silver trains hum at dusk';
const path = (page) => new URL(page.url()).pathname;
const said = (page) => page.getByRole('status').textContent();

const page = await person();
await page.goto(new URL(setUpLink).pathname);
await page.getByLabel('Your name').fill('Grace Hopper');
await page.getByLabel('E-mail address').fill('grace@school.example');
await page.getByLabel('Password', { exact: true }).fill(password);
equal(await press(page, 'Make the first admin'), 303);

// Before there is anything to see.
await page.goto('/admin');
await look(page, 'dashboard-empty');

for (const name of ['Marlow Bridge Juniors', 'Upton Court Grammar School for Girls and Boys']) {
  await page.goto('/admin/schools/new');
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('E-mail domain').fill(name.startsWith('Marlow') ? 'marlow.example' : '');
  equal(await press(page, 'Save'), 303);
}

// A list, with what goes wrong in such lists.
await page.goto('/admin/users/import');
await look(page, 'import');
await page.getByLabel('The list').fill('Ada,ada@marlow.example');
equal(await press(page, 'Try it out'), 422);
await look(page, 'import-wrong');
const names = ['Ada Lovelace', 'Wilhelmina Featherstonehaugh-Cholmondeley de la Pole', 'Zoë Ångström', 'Emmy Noether', 'Srinivasa Ramanujan',
  'Sofia Kovalevskaya', 'Kim', 'Alan Turing', 'Maryam Mirzakhani', 'Évariste Galois', 'Katherine Johnson', 'Leonhard Euler', 'Niels Abel',
  'Sophie Germain', 'George Boole', 'Paul Erdős', 'Julia Robinson', 'Carl Gauss', 'Hypatia', 'Euclid', 'Bernhard Riemann', 'Mary Somerville',
  'Felix Klein', 'Grace Chisholm Young', 'David Hilbert', 'Georg Cantor', 'Ivan Petrov', 'Omar Khayyam'];
const rows = names.map((name, n) => `${name},pupil.number${n}@marlow.example,${n % 5 === 4 ? 'Upton Court Grammar School for Girls and Boys' : ''},${n % 9 === 8 ? '' : 7 + n % 7}`);
rows.push('Grace,grace@school.example,,', 'Nobody,nowhere,,', ',a@b.example,,', 'Bob,bob@b.example,Eton,', 'Ada again,pupil.number0@marlow.example,,9');
await page.getByLabel('The list').fill(['name,email,school,year', ...rows].join('\n'));
equal(await press(page, 'Try it out'), 200);
match(await page.locator('main').textContent(), /28 accounts to be made, 1 there already, 4 wrong/);
await look(page, 'import-tried');
equal(await press(page, 'Make these 28 accounts'), 303);
equal(await said(page), '28 users are imported. Each of them gets a letter.');
await look(page, 'users');

// The letter's link.
const letters = () => readdirSync(outbox).filter((it) => it.endsWith('.eml')).map((it) => readFileSync(`${outbox}/${it}`, 'utf8'));
for (let n = 0; letters().length < 28 && n < 100; n += 1) await page.reload();
const link = letters().find((it) => it.includes('To: pupil.number0@')).match(/\/welcome\/\S+/)[0];
const ada = await person();
await ada.goto(link);
await look(ada, 'welcome');
await ada.getByLabel('Password', { exact: true }).fill('nine purple herons juggle');
equal(await press(ada, 'Keep this password'), 303);
await ada.getByLabel('E-mail address').fill('pupil.number0@marlow.example');
await ada.getByLabel('Password', { exact: true }).fill('nine purple herons juggle');
equal(await press(ada, 'Log in'), 303);

// Answers, so that there is something to count.
await ada.goto('/challenges');
await ada.locator('main .card a').first().click();
for (let n = 0; n < 2; n += 1) {
  await ada.locator('main math-field').first().click();
  // It takes the focus a moment later.
  await ada.locator('main math-field:focus').waitFor();
  await ada.keyboard.press('Control+A');
  await ada.keyboard.type(`${n + 1}/7`);
  const answer = ada.waitForResponse((it) => it.request().method() === 'POST');
  await ada.keyboard.press('Enter');
  equal((await answer).status(), 200);
}

// The list, by keyboard and by search.
await page.goto('/admin/users');
await page.getByLabel('Name or address').fill('émilie%');
await page.keyboard.press('Enter');
await page.waitForURL(/q=/);
await look(page, 'users-none');
await page.goto('/admin/users?year=KS3&unverified=yes');
await look(page, 'users-narrow');
await page.goto('/admin/users');
await page.getByLabel('Choose Kim').check();
await page.getByLabel('Choose Hypatia').check();
await page.getByLabel('Choose Grace Hopper').check();
await page.getByLabel('What').selectOption('delete');
equal(await press(page, 'Show what would change'), 200);
await look(page, 'bulk-delete');
equal(await press(page, 'Delete them'), 303);
equal(await said(page), '2 users are deleted.');
await look(page, 'users-deleted');
equal(await press(page, 'Put all of them back'), 303);
await page.getByLabel('Everybody (29)').check();
await page.getByLabel('What').selectOption('move');
equal(await press(page, 'Show what would change'), 200);
await look(page, 'bulk-move');
equal(await press(page, 'Move them'), 303);
equal(await said(page), '29 users are moved.');

// One of them.
await page.getByRole('link', { name: 'Ada Lovelace' }).click();
await page.waitForURL(/\/admin\/users\/\d+$/);
await look(page, 'user');
equal(await press(page, 'Send a link to choose a password'), 303);
match(await said(page), /A letter goes to pupil.number0/);
await page.getByRole('link', { name: 'Change name, school or year' }).click();
await page.waitForURL(/edit$/);
await look(page, 'user-edit');
equal(await press(page, 'Save'), 303);
await page.getByRole('link', { name: 'Change the role' }).click();
await page.waitForURL(/role$/);
await look(page, 'user-role');
await page.getByLabel('Role').selectOption('admin');
equal(await press(page, 'Save'), 303);
await ada.goto('/profile');
equal(path(ada), '/login', 'other rights end all sessions');
await page.goto('/admin/users/1');
await look(page, 'user-own');
await page.goto('/admin/users/new');
await look(page, 'user-new');

// What came of it.
await page.goto('/admin');
await page.locator('.panel summary').click();
await look(page, 'dashboard');
const download = page.waitForEvent('download');
await page.getByRole('link', { name: 'Users' }).last().click();
const file = readFileSync(await (await download).path(), 'utf8');
ok(file.startsWith('\uFEFF"id","name"') && file.includes('"Zoë Ångström"'), file.slice(0, 200));

// Without script.
const bare = await person({ javaScriptEnabled: false, viewport: { width: 375, height: 740 } });
await bare.goto('/login');
await bare.getByLabel('E-mail address').fill('grace@school.example');
await bare.getByLabel('Password', { exact: true }).fill(password);
equal(await press(bare, 'Log in'), 303);
await bare.goto('/admin/users');
await bare.getByLabel('Choose Euclid').check();
await bare.getByLabel('What').selectOption('next_year');
equal(await press(bare, 'Show what would change'), 200);
equal(await press(bare, 'Move them up'), 303);
equal(await said(bare), 'One user is moved up.');

await browser.close();
console.log(JSON.stringify({ pages: [...seen], findings }));
