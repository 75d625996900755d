// An account from its first letter to its end, as a person with a browser and a mailbox meets it; every page and every
// error on the way is looked at light and dark, on a desk and on a phone. Prints one JSON line of findings.
//
//   node accounts.mjs <site> <link to set it up> <folder of letters> <a site that limits> [folder for screenshots]

import { createHmac } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { watch } from 'node:fs/promises';
import { deepEqual, equal, match } from 'node:assert/strict';
import { camera, findings, inWidth, inspect, launch, listen } from './look.mjs';

const [base, setUpLink, outbox, limited, screenshots] = process.argv.slice(2);
const picture = camera(screenshots);
const looks = [
  { name: 'desktop', width: 1280, height: 900 },
  { name: 'phone', width: 375, height: 740 },
].flatMap((size) => ['light', 'dark'].map((colorScheme) => ({ ...size, colorScheme })));
const seen = new Set();

const browser = await launch();
const person = async (options) => {
  // Colours that glide would be judged half way.
  const page = await (await browser.newContext({ baseURL: base, reducedMotion: 'reduce', ...options })).newPage();
  page.setDefaultTimeout(10_000);
  if (options?.javaScriptEnabled !== false) await listen(page);
  return page;
};

// Looks at the page that is open, in every view.
async function look(page, name) {
  seen.add(name);
  for (const { name: size, width, height, colorScheme } of looks) {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme });
    await inspect(page, `${name} (${size}, ${colorScheme})`);
    await picture(page, `${name}.${size}-${colorScheme}`);
  }
  // The narrowest phone; a desk at 400 % is as narrow.
  await page.setViewportSize({ width: 320, height: 640 });
  await inWidth(page, `${name} (narrow)`);
  await picture(page, `${name}.narrow`);
  await page.setViewportSize(looks[0]);
}

// Fills in fields by their labels.
async function fill(page, fields) {
  for (const [label, value] of Object.entries(fields)) {
    const field = page.getByLabel(label, { exact: true });
    if (value === true) await field.check();
    else if (label === 'School year') await field.selectOption(value);
    else await field.fill(value);
  }
}

// Presses a button of the page's own form, and says with which status the site answered.
async function press(page, button) {
  const answer = page.waitForResponse((it) => it.request().method() === 'POST');
  await page.getByRole('main').getByRole('button', { name: button, exact: true }).click();
  const status = (await answer).status();
  await page.waitForLoadState('load');
  return status;
}

const heading = (page) => page.locator('h1').textContent();
const path = (page) => new URL(page.url()).pathname;

async function logIn(page, password, email = ada.email) {
  await page.goto('/login');
  await fill(page, { 'E-mail address': email, Password: password });
  return press(page, 'Log in');
}

// The link in a letter to this address that has not been opened. A letter is there when its file is.
const opened = new Set();
mkdirSync(outbox, { recursive: true, mode: 0o700 });
async function link(to, kind) {
  const changes = watch(outbox, { signal: AbortSignal.timeout(10_000) });
  for (let change = changes.next(); ; await change, change = changes.next()) {
    for (const name of readdirSync(outbox).filter((it) => it.endsWith('.eml') && !opened.has(it))) {
      const letter = readFileSync(`${outbox}/${name}`, 'utf8');
      const way = letter.match(new RegExp(`/${kind}/\\S+`));
      if (!letter.includes(`To: ${to}\r\n`) || !way) continue;
      opened.add(name);
      change.catch(() => {});
      return way[0];
    }
  }
}

// The code of an app for this secret; `later` counts steps of thirty seconds.
function code(secret, later = 0) {
  const bits = [...secret.replaceAll(' ', '')].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c));
  const binary = bits.map((value) => value.toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(binary.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + later));
  const hash = createHmac('sha1', key).update(step).digest();
  return String((hash.readUInt32BE(hash[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

const ada = {
  // As long as a name may well be.
  name: 'Wilhelmina Featherstonehaugh-Cholmondeley de la Pole',
  email: 'wilhelmina@school.example',
  passwords: ['nine purple herons juggle', 'six green otters waltz along', 'four grey badgers hum softly'],
};

// The first admin.
const admin = await person();
await admin.goto(new URL(setUpLink).pathname);
await look(admin, 'setup');
equal(await press(admin, 'Make the first admin'), 422);
await look(admin, 'setup-wrong');
await fill(admin, { 'Your name': 'Grace', 'E-mail address': 'grace@school.example', Password: 'seven silver trains hum at dusk' });
equal(await press(admin, 'Make the first admin'), 303);
equal(path(admin), '/profile');
await look(admin, 'profile-admin');
await admin.goto(new URL(setUpLink).pathname);
equal(await heading(admin), 'This link does not work');
await look(admin, 'dead-link');

// A pupil registers.
const page = await person();
await page.goto('/register');
await look(page, 'register');
await fill(page, { 'Your name': '', 'E-mail address': 'ada@', Password: 'password' });
equal(await press(page, 'Make my account'), 422);
await look(page, 'register-wrong');
for (const field of await page.locator('[aria-invalid]').all()) {
  const ids = (await field.getAttribute('aria-describedby')).split(' ');
  match(await page.locator(`#${ids[0]}`).textContent(), /\w/, 'the error is said with the field');
}
await fill(page, { 'Your name': ada.name, 'E-mail address': ada.email, 'School year': '9', Password: ada.passwords[0] });
equal(await press(page, 'Make my account'), 200);
equal(await heading(page), 'Look into your mail');
await look(page, 'register-letter');

equal(await logIn(page, ada.passwords[0]), 200);
equal(await heading(page), 'One more step', 'nobody is in before the address is verified');
await look(page, 'login-unverified');
await page.goto(await link(ada.email, 'verify_email'));
await look(page, 'verify');
equal(await press(page, 'Yes, it is mine'), 303);
equal(path(page), '/login');
await look(page, 'login-verified');

// What password managers look at, and the button that shows what was typed.
const kinds = (at) => at.locator('main input:not([type=hidden])').evaluateAll((all) => all.map((it) => `${it.type} ${it.autocomplete}`));
deepEqual(await kinds(page), ['email username', 'password current-password', 'checkbox ']);
await page.getByRole('button', { name: 'Show the password' }).click();
equal(await page.getByLabel('Password', { exact: true }).getAttribute('type'), 'text');
await look(page, 'login-shown');
await page.getByRole('button', { name: 'Hide the password' }).click();
equal(await page.getByLabel('Password', { exact: true }).getAttribute('type'), 'password');

equal(await logIn(page, 'not my password at all'), 422);
await look(page, 'login-wrong');

// By keyboard alone.
await page.goto('/login');
const order = [];
while (order.at(-1) !== 'Log in' || order.length < 8) {
  await page.keyboard.press('Tab');
  order.push(await page.evaluate(() => {
    const at = document.activeElement;
    return at.labels?.[0]?.textContent || at.ariaLabel || at.textContent.trim();
  }));
  if (order.at(-1) === 'E-mail address') await page.keyboard.type(ada.email);
  if (order.at(-1) === 'Password') await page.keyboard.type(ada.passwords[0]);
}
equal(order[0], 'Skip to the content');
deepEqual(order.slice(order.indexOf('E-mail address')),
  ['E-mail address', 'Password', 'Show the password', 'Keep me logged in on this device', 'Log in']);
await page.keyboard.press('Enter');
await page.waitForURL('/');
await look(page, 'home-logged-in');

// Her own pages, and another browser of hers.
const other = await person({ userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1' });
equal(await logIn(other, ada.passwords[0]), 303);
await page.goto('/profile');
await look(page, 'profile');
await page.goto('/profile/edit');
await look(page, 'profile-edit');
await fill(page, { 'Your name': '' });
equal(await press(page, 'Save'), 422);
await look(page, 'profile-edit-wrong');
await fill(page, { 'Your name': ada.name, 'School year': '10' });
equal(await press(page, 'Save'), 303);
await look(page, 'profile-saved');
await page.goto('/profile/sessions');
await look(page, 'sessions');
equal(await page.getByRole('button', { name: 'Log out there' }).count(), 1);
await page.goto('/login/confirm?next=/profile/edit');
await look(page, 'confirm');
await fill(page, { Password: 'not my password at all' });
equal(await press(page, 'Go on'), 422);
await look(page, 'confirm-wrong');

await page.goto('/profile/change_password');
deepEqual(await kinds(page), ['password current-password', 'password new-password']);
await look(page, 'change-password');
await fill(page, { 'Your password now': 'not my password at all', 'New password': ada.passwords[1] });
equal(await press(page, 'Change it'), 422);
await fill(page, { 'Your password now': ada.passwords[0], 'New password': 'short' });
equal(await press(page, 'Change it'), 422);
await look(page, 'change-password-wrong');
await fill(page, { 'Your password now': ada.passwords[0], 'New password': ada.passwords[1] });
equal(await press(page, 'Change it'), 303);
equal(path(page), '/profile', 'still logged in here');
await other.goto('/profile');
equal(path(other), '/login', 'and nowhere else');

// A form of before that is sent now.
await page.goto('/profile/edit');
await page.locator('main input[name=csrf_token]').evaluate((field) => { field.value = field.value.replace(/.{9}$/, 'AAAAAAAAA'); });
equal(await press(page, 'Save'), 403);
await look(page, 'stale-form');

// A forgotten password.
await other.goto('/password_reset');
await look(other, 'reset');
await fill(other, { 'E-mail address': 'ada' });
equal(await press(other, 'Send me a link'), 422);
await look(other, 'reset-wrong');
await fill(other, { 'E-mail address': ada.email });
equal(await press(other, 'Send me a link'), 200);
await look(other, 'reset-letter');
await other.goto(await link(ada.email, 'password_reset'));
deepEqual(await kinds(other), ['password new-password']);
await look(other, 'reset-new');
equal(await press(other, 'Keep this password'), 422);
await look(other, 'reset-new-wrong');
await fill(other, { Password: ada.passwords[2] });
equal(await press(other, 'Keep this password'), 303);
equal(path(other), '/login');
await page.goto('/profile');
equal(path(page), '/login', 'a new password logs out everywhere');
equal(await logIn(page, ada.passwords[1]), 422);
equal(await logIn(page, ada.passwords[2]), 303);

// A second step.
await page.goto('/profile/second_factor');
deepEqual(await kinds(page), ['text one-time-code']);
await look(page, 'second-factor');
const secret = await page.locator('.secret').textContent();
await fill(page, { Code: 'abc' });
equal(await press(page, 'Use this app'), 422);
equal(await page.locator('.secret').textContent(), secret, 'a slip of the finger wants no new picture');
await look(page, 'second-factor-wrong');
await fill(page, { Code: code(secret) });
equal(await press(page, 'Use this app'), 200);
equal(await page.locator('.codes li').count(), 10);
const recovery = await page.locator('.codes li').first().textContent();
await look(page, 'recovery-codes');
await page.goto('/profile/second_factor');
await look(page, 'second-factor-on');
await page.getByRole('button', { name: 'Log out' }).click();
await page.waitForURL('/');
await page.goto('/profile');
equal(path(page), '/login');
equal(await logIn(page, ada.passwords[2]), 303);
equal(path(page), '/login/code');
deepEqual(await kinds(page), ['text one-time-code']);
await look(page, 'login-code');
await fill(page, { Code: '12' });
equal(await press(page, 'Go on'), 422);
await look(page, 'login-code-wrong');
// The code that set it up has passed once; the next one may be early.
await fill(page, { Code: code(secret, 1) });
equal(await press(page, 'Go on'), 303);
equal(path(page), '/');
equal(await logIn(other, ada.passwords[2]), 303);
await fill(other, { Code: recovery });
equal(await press(other, 'Go on'), 303);

// The end.
await page.goto('/profile/delete_account');
await look(page, 'delete');
equal(await press(page, 'Delete my account for ever'), 422);
await look(page, 'delete-wrong');
await fill(page, { 'Yes, delete all of it': true });
equal(await press(page, 'Delete my account for ever'), 303);
await other.goto('/profile');
equal(path(other), '/login');
equal(await logIn(other, ada.passwords[2]), 422, 'there is no such account any more');

// Without script.
const bare = await person({ javaScriptEnabled: false, viewport: { width: 375, height: 740 } });
const cookies = async () => (await bare.context().cookies()).map(({ name }) => name).sort();
await bare.goto('/');
await bare.goto('/privacy_policy');
deepEqual(await cookies(), [], 'reading sets no cookies, as the privacy policy says');
await bare.goto('/register');
await fill(bare, { 'Your name': 'Émilie', 'E-mail address': 'emilie@school.example', Password: ada.passwords[0] });
equal(await press(bare, 'Make my account'), 200);
await bare.goto(await link('emilie@school.example', 'verify_email'));
equal(await press(bare, 'Yes, it is mine'), 303);
await picture(bare, 'login.bare');
await bare.goto('/login');
await fill(bare, { 'E-mail address': 'emilie@school.example', Password: ada.passwords[0], 'Keep me logged in on this device': true });
equal(await press(bare, 'Log in'), 303);
deepEqual(await cookies(), ['remember', 'session']);
await bare.goto('/profile');
equal(await heading(bare), 'Your account');
await picture(bare, 'profile.bare');
await bare.getByRole('button', { name: 'Log out' }).click();
await bare.waitForURL('/');
deepEqual(await cookies(), [], 'logging out removes both');
await bare.goto('/profile');
equal(path(bare), '/login');

// Too often.
const hasty = await person({ baseURL: limited });
for (const status of [200, 200, 200, 429]) {
  await hasty.goto('/password_reset');
  await fill(hasty, { 'E-mail address': ada.email });
  equal(await press(hasty, 'Send me a link'), status);
}
await look(hasty, 'too-often');

await browser.close();
console.log(JSON.stringify({ pages: [...seen], findings }));
