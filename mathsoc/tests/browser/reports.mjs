// What the policy stops becomes a group that an admin reads: markup that was smuggled into a page of ours, in a real Chromium.
// With script and without. Prints one JSON line of findings.
//
//   node reports.mjs <site, with a policy on trial> <link to set it up> [folder for screenshots]

import { equal, match, ok } from 'node:assert/strict';
import { camera, findings, launch, listen } from './look.mjs';
import { inEveryView } from './views.mjs';

const [base, setUpLink, screenshots] = process.argv.slice(2);
const picture = camera(base.startsWith('https:') ? undefined : screenshots);
const grace = { 'Your name': 'Grace', 'E-mail address': 'grace@school.example', Password: 'seven silver trains hum at dusk' };
const pages = [];
// Over https browsers wait for up to a minute before they report, unless told not to.
const secure = base.startsWith('https:');
const browser = await launch(secure ? ['--ignore-certificate-errors', '--short-reporting-delay'] : []);

const look = (page, name) => {
  pages.push(name);
  return inEveryView(page, name, picture);
};

async function person(options) {
  const page = await (await browser.newContext({ baseURL: base, ignoreHTTPSErrors: secure, reducedMotion: 'reduce', ...options })).newPage();
  page.setDefaultTimeout(10_000);
  if (options?.javaScriptEnabled !== false) await listen(page);
  return page;
}

async function press(page, button, within = page.getByRole('main')) {
  const answer = page.waitForResponse((it) => it.request().method() === 'POST');
  await within.getByRole('button', { name: button }).click();
  equal((await answer).status(), 303);
  await page.waitForLoadState('load');
}

// A visitor's page into which somebody got markup; the policy is the one that the site sent with it.
async function smuggle(path, markup) {
  const page = await (await browser.newContext({ baseURL: base, ignoreHTTPSErrors: secure })).newPage();
  await page.route(`**${path}`, async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: (await answer.text()).replace('</main>', `${markup}</main>`) });
  });
  const policy = (await page.goto(path)).headers()['content-security-policy'];
  match(policy, secure ? /; report-uri \/csp-report; report-to default$/ : /; report-uri \/csp-report$/);
  equal(await page.evaluate(() => 'smuggled' in window), false, 'the script does not run');
  // A page that is closed may take its reports along, so it stays.
}

// The page once it says all of this. Reports come by themselves, so it is asked again until then.
async function until(page, ...wanted) {
  for (const end = Date.now() + 10_000; ;) {
    await page.goto('/admin/reports');
    const text = await page.getByRole('main').innerText();
    const missing = wanted.filter((part) => !text.includes(part));
    if (missing.length === 0) return;
    ok(Date.now() < end, `${missing} is missing:\n${text}`);
  }
}

const own = await person();
await own.goto(new URL(setUpLink).pathname);
for (const [label, value] of Object.entries(grace)) await own.getByRole('main').getByLabel(label, { exact: true }).fill(value);
await press(own, 'Make the first admin');

await own.goto('/admin/reports');
match(await own.getByRole('main').innerText(), /Nothing was reported\./);
await look(own, 'reports-none');

const tried = `<script>window.smuggled = true</script><p style="color: red">red</p>
<img src="https://images.example/people/ada.png?size=2" alt=""><img src="/favicon.ico" alt="" onload="window.smuggled = true">
<link rel="preload" as="fetch" href="/favicon.ico?from=here">`;
await smuggle('/about', tried);
await smuggle('/articles', tried);
await until(own,
  'Browsers stopped a script written into the page on the page /about.',
  'Browsers stopped an image from https://images.example on the page /about.',
  'Browsers stopped a style attribute on the page /about.',
  'Browsers stopped an event handler in an attribute on the page /about.',
  'Browsers would have stopped a connection of a script to /favicon.ico on the page /about.',
  'Browsers stopped an image from https://images.example on the page /articles.');
const text = await own.getByRole('main').innerText();
for (const secret of ['size=2', 'ada.png']) ok(!text.includes(secret), `${secret} is in\n${text}`);
await look(own, 'reports');

const image = own.locator('.reports > li').filter({ hasText: 'an image from https://images.example on the page /about.' }).first();
await image.locator('summary').click();
match(await image.innerText(), /img-src 'self' https:\/\/images\.example/);
await look(own, 'reports-open');

await press(own, /^Forget it.*an image from https:\/\/images\.example on the page \/about\.$/, image);
match(await own.locator('main .said').innerText(), /It is forgotten/);
ok(!(await own.getByRole('main').innerText()).includes('stopped an image from https://images.example on the page /about.'));
await look(own, 'reports-forgotten');

// Without script, by the same page.
const plain = await person({ javaScriptEnabled: false, storageState: await own.context().storageState() });
await plain.goto('/admin/reports');
await plain.locator('.forget-all summary').click();
await press(plain, 'Forget all', plain.locator('.forget-all'));
match(await plain.getByRole('main').innerText(), /There is nothing here since it was forgotten/);
await plain.goto('/admin/log');
match(await plain.getByRole('main').innerText(), /Grace forgot the reports “all of them”: \d+ groups/);

await own.goto('/admin/reports');
await look(own, 'reports-all-forgotten');

// It happens again, and is here again.
await smuggle('/challenges', tried);
await until(own, 'Browsers stopped an image from https://images.example on the page /challenges.');

await browser.close();
console.log(JSON.stringify({ findings, pages }));
