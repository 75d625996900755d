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
  await page.goto('/challenges');
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
async function click(page, n) {
  await field(page, n).click();
  // It takes the focus a moment later.
  await field(page, n).and(page.locator(':focus')).waitFor();
}
async function write(page, n, text) {
  await click(page, n);
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
// What the field makes of what is typed; `answering.rs` looks whether that is read.
for (const [typed, latex] of [
  ['x=1 or x=3', 'x=1\\;\\mathrm{or}\\;x=3'],
  ['no solution', '\\text{no solution}'],
  ['1/2 +x', '\\frac12+x'],
  ['x^2+1', 'x^2+1'],
  ['2pi/3', '\\frac{2\\pi}{3}'],
  ['x<=4', 'x\\le4'],
]) {
  await write(ada, 0, typed);
  equal(await field(ada, 0).evaluate((it) => it.value), latex);
}
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

// What she sees is what is kept.
await ada.reload();
equal(await ada.locator('math-field').count(), 0);
await says(verdict(ada, 1), 'Right.');

// As text, which the page remembers; and back, with what was written.
await open(ada, 'First to throw a six');
await write(ada, 0, '6/11');
await ada.getByRole('button', { name: 'Write as text' }).first().click();
const text = (n) => box(ada, n).locator('input[name=answer]');
equal(await text(0).evaluate((it) => it === document.activeElement), true);
await ada.reload();
match(await text(0).inputValue(), /6.*11/, 'a draft outlives its page');
await look(ada, 'as-text');
await ada.getByRole('textbox', { name: 'The probability that Chloe wins' }).fill('25/91');
await ada.getByRole('button', { name: 'Write as on paper' }).last().click();
equal(await field(ada, 1).evaluate((it) => it.value), '\\frac{25}{91}');
equal(await text(1).isVisible(), false);
await ada.getByRole('button', { name: 'Answer' }).last().click();
await says(verdict(ada, 1), 'That is right.');

// By keyboard alone, from the top: into the field, out of it, to the button.
await open(ada, 'A chord and a ring');
await ada.locator('.back a').focus();
await ada.keyboard.press('Tab');
await field(ada, 0).and(ada.locator(':focus')).waitFor();
match(await field(ada, 0).evaluate((it) => it.shadowRoot.querySelector('[role=textbox]').ariaLabel ?? ''), /area of the ring/, 'it is announced by its label');
await ada.keyboard.type('25pi');
await ada.keyboard.press('Tab');
await ada.getByRole('button', { name: 'Answer' }).and(ada.locator(':focus')).waitFor();
await ada.keyboard.press('Enter');
await says(verdict(ada, 0), 'three points for you');

// The way to programs is closed: the form goes as without script.
await open(ada, 'Hands of the clock');
await ada.route('/api/submit', (route) => route.abort());
await write(ada, 0, '145');
await ada.keyboard.press('Enter');
await says(ada.locator('.said'), 'That is right.');
await ada.unroute('/api/submit');

// The session is over: what was typed is there after the next log in.
await open(ada, 'Hands of the clock');
await write(ada, 1, '44');
await ada.context().clearCookies();
await ada.keyboard.press('Enter');
await says(box(ada, 1).getByRole('alert'), 'You are logged out');
await look(ada, 'logged-out');
await ada.getByRole('link', { name: 'Load the page again.' }).click();
await ada.getByRole('link', { name: 'Log in to answer' }).click();
await logIn(ada, 'Ada');
equal(await field(ada, 1).evaluate((it) => it.value), '44');
await click(ada, 1);
await ada.keyboard.press('Enter');
await says(verdict(ada, 1), 'three points for you');

// On a phone, with the keyboard of the field.
const eve = await pupil('Eve', { viewport: { width: 375, height: 740 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 });
await open(eve, 'Roots inside roots');
await field(eve, 0).tap();
const keys = eve.locator('.ML__keyboard.is-visible');
const key = (label) => keys.locator('.MLK__layer.is-visible .MLK__keycap').filter({ hasText: new RegExp(`^\\s*[${label}]`) }).first();
for (const colorScheme of ['light', 'dark']) {
  await eve.emulateMedia({ colorScheme });
  await key('2').waitFor();
  await inspect(eve, `keyboard (${colorScheme})`);
  await picture(eve, `keyboard.phone-${colorScheme}`, { fullPage: false });
}
seen.add('keyboard');
ok(await field(eve, 0).evaluate((it) => it.getBoundingClientRect().bottom < innerHeight - window.mathVirtualKeyboard.boundingRect.height), 'the field is above the keyboard');

for (const label of ['2', '+', '7']) await key(label).tap();
await eve.getByRole('button', { name: 'Answer' }).first().tap();
await says(verdict(eve, 0), /That is not right yet.*We read your answer as 2\s*\+\s*7/);
await picture(eve, 'answered.phone', { fullPage: false });

// Without script.
const bob = await pupil('Bob', { javaScriptEnabled: false });
await bob.goto(new URL(eve.url()).pathname);
equal(await bob.locator('math-field').count(), 0);
await bob.getByLabel('without a root inside a root').first().fill('2+sqrt(3');
await bob.getByRole('button', { name: 'Answer' }).first().click();
await says(bob.getByRole('alert'), /\w/);
await picture(bob, 'without-script-unread');
await bob.getByLabel('without a root inside a root').first().fill('sqrt(3)+2');
await bob.getByRole('button', { name: 'Answer' }).first().click();
await says(verdict(bob, 0), 'Right.');
await bob.getByLabel('without a root inside a root').fill('3+sqrt(2)');
await bob.getByRole('button', { name: 'Answer' }).click();
await says(verdict(bob, 1), 'Not right yet.');
await picture(bob, 'without-script');
seen.add('without-script');

// Text does not become markup that runs, with the policy of a page with a field and with that of all others.
for (const [path, own] of [[new URL(eve.url()).pathname, true], ['/about', false]]) {
  const page = await (await browser.newContext({ baseURL: base, storageState: await eve.context().storageState() })).newPage();
  await page.goto(path);
  if (own) await page.locator('math-field').first().waitFor();
  for (const markup of ['<img src="/none" onerror="window.pwned = 1">', '<span onclick="1">', '<iframe srcdoc="x">', '<a href="javascript:1">x</a>',
    '<span a="b"/onclick=1>', '<span a=b/c="><img src=x onerror=1>">', '<svg><script>1</script></svg>', '<svg><use href="/evil.svg#x"/></svg>', '<math><mi xlink:href="javascript:1">x</mi></math>', '<!--><img src=x onerror=1>-->']) {
    const wrote = await page.evaluate((it) => { try { document.createElement('div').innerHTML = it; return true; } catch { return false; } }, markup);
    if (wrote) found(path, `${markup} was written`);
  }
  const plain = await page.evaluate(() => { try { document.createElement('div').innerHTML = '<span class="a">1 &lt; 2</span>'; return true; } catch { return false; } });
  equal(plain, own, path);
  await page.close();
}

await browser.close();
console.log(JSON.stringify({ pages: [...seen].sort(), findings }));
