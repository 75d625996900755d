// Pages of other origins try to act in the name of somebody who is logged in: from another port of the same host, where the
// cookie travels along, and from another site. Prints one JSON line: what was tried, and what was not refused.
//
//   node foreign.mjs <site> <link to set it up>

import { createServer } from 'node:http';
import { equal, match, rejects } from 'node:assert/strict';
import { findings, found, launch } from './look.mjs';

const [base, setUpLink] = process.argv.slice(2);
const grace = { full_name: 'Grace', email: 'grace@school.example', password: 'seven silver trains hum at dusk' };
const tried = [];

const server = createServer((request, response) => {
  response.writeHead(200, { 'content-type': 'text/html' });
  response.end('<!doctype html><title>A nice game</title><iframe name="hidden"></iframe>');
});
await new Promise((ready) => { server.listen(0, '127.0.0.1', ready); });
const { port } = server.address();
const origins = { 'the same host': `http://127.0.0.1:${port}/`, 'another site': `http://localhost:${port}/` };

const browser = await launch();
const context = async () => {
  const made = await browser.newContext({ baseURL: base });
  made.setDefaultTimeout(10_000);
  return made;
};

async function send(page, fields, button) {
  for (const [name, value] of Object.entries(fields)) await page.fill(`main [name=${name}]`, value);
  const answer = page.waitForResponse((it) => it.request().method() === 'POST');
  await page.getByRole('main').getByRole('button', { name: button, exact: true }).click();
  equal((await answer).status(), 303);
  await page.waitForLoadState('load');
}

// Each way a page has to make its visitor's browser post somewhere without asking. Runs in the page.
const ways = {
  form: ['application/x-www-form-urlencoded', ''],
  'form in a frame': ['application/x-www-form-urlencoded', 'hidden'],
  'form with files': ['multipart/form-data', ''],
  'form as text': ['text/plain', ''],
  fetch: null,
  'fetch with files': null,
  'fetch as text': null,
  beacon: null,
};
function attack({ way, form, url, fields }) {
  if (form) {
    const made = Object.assign(document.createElement('form'), { method: 'post', action: url, enctype: form[0], target: form[1] });
    for (const [name, value] of Object.entries(fields)) {
      made.append(Object.assign(document.createElement('input'), { type: 'hidden', name, value }));
    }
    document.body.append(made);
    made.submit();
    return;
  }
  const values = new URLSearchParams(fields);
  if (way === 'beacon') return void navigator.sendBeacon(url, values);
  const files = new FormData();
  for (const [name, value] of values) files.append(name, value);
  const body = { fetch: values, 'fetch with files': files, 'fetch as text': `${values}` }[way];
  fetch(url, { method: 'POST', mode: 'no-cors', credentials: 'include', body }).catch(() => {});
}

// What the browser sends to this address and what it is answered, even where it shows the answer to nobody.
async function wire(page) {
  const network = await page.context().newCDPSession(page);
  const exchanges = new Map();
  let settled = () => {};
  const note = ({ requestId }, known) => {
    exchanges.set(requestId, { ...exchanges.get(requestId), ...known });
    settled();
  };
  network.on('Network.requestWillBeSent', (event) => note(event, { url: event.request.url, method: event.request.method }));
  network.on('Network.requestWillBeSentExtraInfo', (event) => note(event, { cookie: event.headers.Cookie ?? '' }));
  network.on('Network.responseReceivedExtraInfo', (event) => note(event, { status: event.statusCode }));
  await network.send('Network.enable');
  return (url) => new Promise((resolve) => {
    const late = setTimeout(() => resolve({}), 10_000);
    exchanges.clear();
    settled = () => {
      const whole = [...exchanges.values()].find((it) => it.url === url && it.method === 'POST' && it.status && 'cookie' in it);
      if (!whole) return;
      clearTimeout(late);
      resolve(whole);
    };
  });
}

// Tries every way from a page of this origin; each has to be refused with 403.
async function tryAll(page, posted, where, path, fields) {
  for (const [way, form] of Object.entries(ways)) {
    const label = `${way} to ${path} from ${where}`;
    await page.goto(origins[where]);
    const answer = posted(base + path);
    await page.evaluate(attack, { way, form, url: base + path, fields });
    const { status, cookie } = await answer;
    equal(status, 403, label);
    tried.push(label);
    if (form && !form[1]) await page.waitForURL(base + path);
    // From another site the cookie stays away; from the same host it comes along, so that nothing but the site protects.
    if (/session=/.test(cookie) !== (where === 'the same host')) found(label, `the cookie: ${cookie}`);
  }
}

const member = await context();
const own = await member.newPage();
await own.goto(new URL(setUpLink).pathname);
await send(own, grace, 'Make the first admin');
const token = await own.locator('[name=csrf_token]').first().inputValue();

// A token of a stranger's own session, which anybody can fetch for themselves.
const stranger = await (await context()).newPage();
await stranger.goto('/login');
const foreignToken = await stranger.locator('main [name=csrf_token]').inputValue();

for (const where of Object.keys(origins)) {
  const page = await member.newPage();
  const posted = await wire(page);
  for (const csrf_token of ['', foreignToken, token]) {
    await tryAll(page, posted, where, '/profile/edit', { full_name: 'Mallory', year: '', csrf_token });
    await tryAll(page, posted, where, '/logout', { csrf_token });
  }
  await page.goto(origins[where]);
  for (const path of ['/logout', '/profile/edit', '/']) {
    const socket = page.waitForEvent('websocket').then((it) => it.waitForEvent('socketerror'));
    await page.evaluate((url) => void new WebSocket(url), base.replace('http:', 'ws:') + path);
    match(await socket, /403/, `a WebSocket to ${path} from ${where}`);
    tried.push(`WebSocket to ${path} from ${where}`);
  }
  const read = page.evaluate((url) => fetch(url, { credentials: 'include' }), `${base}/profile/edit`);
  await rejects(read, /Failed to fetch/, 'no other origin reads the token');
  await page.close();

  // Whoever is logged in as somebody else, and does not know it, tells that account what they do.
  const visitor = await (await context()).newPage();
  await visitor.goto('/login');
  const logIn = { email: grace.email, password: grace.password, csrf_token: foreignToken };
  await tryAll(visitor, await wire(visitor), where, '/login', logIn);
  await visitor.goto('/profile');
  if (new URL(visitor.url()).pathname !== '/login') found('/login', `a page of ${where} logged a visitor in`);
}

// Nothing has come of it, and what the member does on the site's own pages passes.
await own.goto('/profile');
equal(new URL(own.url()).pathname, '/profile', 'still logged in');
equal(await own.locator('.facts dd').first().textContent(), 'Grace');
await own.goto('/profile/edit');
await send(own, { full_name: 'Grace H' }, 'Save');
equal(await own.locator('.facts dd').first().textContent(), 'Grace H');
await own.getByRole('button', { name: 'Log out' }).click();
await own.waitForURL('/');
await own.goto('/profile');
equal(new URL(own.url()).pathname, '/login');

await browser.close();
server.close();
console.log(JSON.stringify({ pages: tried, findings }));
