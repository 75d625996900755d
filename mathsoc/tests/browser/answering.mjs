// Pupils answer challenges: with the math field, as text, on a phone, without script, and when the way to the site breaks. Every
// page on the way is looked at light and dark, on a desk and on a phone. Prints one JSON line of findings.
//
//   node answering.mjs <site> <folder of letters> [folder for screenshots]

import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { watch } from 'node:fs/promises';
import { equal, match, ok } from 'node:assert/strict';
import { camera, findings, found, inWidth, inspect, launch, listen } from './look.mjs';

const [base, outbox, screenshots] = process.argv.slice(2);
const picture = camera(screenshots);
const looks = [
  { name: 'desktop', width: 1280, height: 900 },
  { name: 'phone', width: 375, height: 740 },
].flatMap((size) => ['light', 'dark'].map((colorScheme) => ({ ...size, colorScheme })));
const seen = new Set();

const browser = await launch();
async function person(options) {
  const page = await (await browser.newContext({ baseURL: base, reducedMotion: 'reduce', ...options })).newPage();
  page.setDefaultTimeout(10_000);
  page.on('request', (request) => {
    if (!request.url().startsWith(`${base}/`)) found('answering', `asks for ${request.url()}`);
  });
  if (options?.javaScriptEnabled !== false) await listen(page);
  return page;
}

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
  await page.emulateMedia({ colorScheme: 'light' });
}

// Somebody with an account, and logged in.
async function pupil(name, options) {
  const page = await person(options);
  const email = `${name.toLowerCase()}@school.example`;
  await page.goto('/register');
  await page.getByLabel('Your name').fill(name);
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('School year').selectOption('9');
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Make my account' }).click();
  await page.goto(await letter(email));
  await page.getByRole('button', { name: 'Yes, it is mine' }).click();
  await logIn(page, name);
  return page;
}
const password = 'nine purple herons juggle';
async function logIn(page, name) {
  await page.getByLabel('E-mail address').fill(`${name.toLowerCase()}@school.example`);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('main').getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('button', { name: 'Log out' }).waitFor();
}

// The link in the letter to this address. A letter is there when its file is.
mkdirSync(outbox, { recursive: true, mode: 0o700 });
async function letter(to) {
  const changes = watch(outbox, { signal: AbortSignal.timeout(10_000) });
  for (let change = changes.next(); ; await change, change = changes.next()) {
    for (const name of readdirSync(outbox).filter((it) => it.endsWith('.eml'))) {
      const text = readFileSync(`${outbox}/${name}`, 'utf8');
      const way = text.match(/\/verify_email\/\S+/);
      if (!text.includes(`To: ${to}\r\n`) || !way) continue;
      change.catch(() => {});
      return way[0];
    }
  }
}

// The page of a challenge, by its title.
async function open(page, title) {
  const key = { 'Roots inside roots': 'KS4', 'First to throw a six': 'KS4', 'Four in a row, and one more': 'KS4', 'A chord and a ring': 'KS4' }[title] ?? 'KS3';
  await page.goto(`/challenges?key_stage=${key}`);
  while (await page.getByRole('link', { name: title, exact: true }).count() === 0) {
    await page.getByRole('link', { name: 'Older' }).click();
  }
  await page.getByRole('link', { name: title, exact: true }).click();
  await page.waitForURL(/\/challenges\/\d+$/);
  await page.evaluate(() => { window.stays = true; });
}

const box = (page, n) => page.locator('.answers li').nth(n);
const field = (page, n) => box(page, n).locator('math-field');
const verdict = (page, n) => box(page, n).locator('.verdict');
async function write(page, n, text) {
  await field(page, n).click();
  // It takes the focus a moment later.
  await field(page, n).and(page.locator(':focus')).waitFor();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type(text);
}
async function says(place, pattern) {
  await place.filter({ hasText: pattern }).waitFor().catch(async () => {
    throw new Error(`${pattern} is not said, but: ${await place.allTextContents()}`);
  });
}
const stays = async (page) => ok(await page.evaluate(() => window.stays), 'it is still the same page');

// With the math field, by keyboard.
const ada = await pupil('Ada');
await open(ada, 'Roots inside roots');
await field(ada, 0).waitFor();
await look(ada, 'open');
await write(ada, 0, '2-sqrt3');
equal(await field(ada, 0).evaluate((it) => it.value), '2-\\sqrt3');
await look(ada, 'typed');
await ada.keyboard.press('Enter');
await says(verdict(ada, 0), /That is not right yet.*We read your answer as/);
equal(await verdict(ada, 0).locator('msqrt').count(), 1, 'how it was read is set');
await says(box(ada, 0).locator('.help'), 'You have two tries left.');
await stays(ada);
await look(ada, 'wrong');
await write(ada, 0, '2+(');
await ada.getByRole('button', { name: 'Answer' }).first().click();
await says(box(ada, 0).getByRole('alert'), /\w/);
equal(await field(ada, 0).getAttribute('aria-invalid'), 'true');
await says(box(ada, 0).locator('.help'), 'You have two tries left.');
await look(ada, 'unread');
await write(ada, 0, '2+sqrt3');
await box(ada, 0).locator('math-field:not([aria-invalid])').waitFor();
await ada.keyboard.press('Enter');
await says(verdict(ada, 0), 'That is right.');
equal(await field(ada, 0).count(), 0, 'what is solved takes no more');
ok(await box(ada, 0).locator('.verdicts').evaluate((it) => it === document.activeElement), 'who was in it is not lost');
await write(ada, 1, '3-sqrt2');
await ada.keyboard.press('Enter');
await says(verdict(ada, 1), 'you are the first to solve this challenge: three points for you');
await stays(ada);
await look(ada, 'solved');

await browser.close();
console.log(JSON.stringify({ pages: [...seen].sort(), findings }));
