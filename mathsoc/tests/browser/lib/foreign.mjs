// Pages of other origins that send requests to the site with the visitor's cookies, if the browser
// adds them.

import { createServer } from 'node:http';
import { equal } from 'node:assert/strict';
import { found } from './findings.mjs';
import { given } from './story.mjs';

const server = createServer((request, response) => {
  response.writeHead(200, { 'content-type': 'text/html' });
  response.end('<!doctype html><title>A nice game</title><iframe name="hidden"></iframe>');
});
await new Promise((ready) => { server.listen(0, '127.0.0.1', ready); });
server.unref();
const { port } = server.address();

// Another port of a host is the same site, so the browser adds the cookies.
export const ORIGINS = { 'the same site': `http://127.0.0.1:${port}/`, 'another site': `http://localhost:${port}/` };
export const attempts = [];

// The requests that a page can send without a preflight: the encoding and the target of a form, or
// `null` for a script.
const METHODS = {
  form: ['application/x-www-form-urlencoded', ''],
  'form in a frame': ['application/x-www-form-urlencoded', 'hidden'],
  'form with files': ['multipart/form-data', ''],
  'form as text': ['text/plain', ''],
  fetch: null,
  'fetch with files': null,
  'fetch as text': null,
  beacon: null,
};

// Sends the request. This function runs in the page.
function attack({ method, form, url, fields }) {
  if (form) {
    const element = Object.assign(document.createElement('form'), { method: 'post', action: url, enctype: form[0], target: form[1] });
    for (const [name, value] of Object.entries(fields)) {
      element.append(Object.assign(document.createElement('input'), { type: 'hidden', name, value }));
    }
    document.body.append(element);
    element.submit();
    return;
  }
  const values = new URLSearchParams(fields);
  if (method === 'beacon') return void navigator.sendBeacon(url, values);
  const files = new FormData();
  for (const [name, value] of values) files.append(name, value);
  const body = { fetch: values, 'fetch with files': files, 'fetch as text': `${values}` }[method];
  fetch(url, { method: 'POST', mode: 'no-cors', credentials: 'include', body }).catch(() => {});
}

// Returns a function that resolves to the cookies and the status of the next POST to a URL, as the
// DevTools protocol reports them. Scripts do not see opaque responses.
export async function recordPosts(page) {
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
    const deadline = setTimeout(() => resolve({}), 10_000);
    exchanges.clear();
    settled = () => {
      const complete = [...exchanges.values()].find((it) => it.url === url && it.method === 'POST' && it.status && 'cookie' in it);
      if (!complete) return;
      clearTimeout(deadline);
      resolve(complete);
    };
  });
}

// Sends the fields from a page of this origin, by every method. The site rejects each with 403.
export async function attackByEveryMethod(page, nextPost, origin, path, fields, token) {
  const url = given.site + path;
  for (const [method, form] of Object.entries(METHODS)) {
    const label = `${method} to ${path} from ${origin} with ${token}`;
    await page.goto(ORIGINS[origin]);
    const response = nextPost(url);
    await page.evaluate(attack, { method, form, url, fields });
    const { status, cookie } = await response;
    equal(status, 403, label);
    attempts.push(label);
    if (form && !form[1]) await page.waitForURL(url);
    // `SameSite` keeps the cookie from another site only, so the same site needs the site's check.
    if (/session=/.test(cookie) !== (origin === 'the same site')) found(label, `the cookie: ${cookie}`);
  }
}

// Returns a valid CSRF token of a new session.
export async function tokenOf(context) {
  const page = await context.newPage();
  await page.goto('/login');
  return page.locator('main [name=csrf_token]').inputValue();
}
