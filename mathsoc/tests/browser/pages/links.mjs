// Visits every page that the site links to, as a person with a browser would, and looks for what goes wrong there:
// policy violations, console errors, accessibility findings, overflow on a phone. Prints one JSON line of findings.
//
//   node pages.mjs http://127.0.0.1:8000 [folder for screenshots]

import { camera, findings, found, inspect, launch, listen } from './look.mjs';

const [base, screenshots] = process.argv.slice(2);
const picture = camera(screenshots);
const views = [
  { name: 'desktop-light', viewport: { width: 1280, height: 900 }, colorScheme: 'light' },
  { name: 'desktop-dark', viewport: { width: 1280, height: 900 }, colorScheme: 'dark' },
  { name: 'phone-light', viewport: { width: 360, height: 740 }, colorScheme: 'light' },
  { name: 'phone-dark', viewport: { width: 360, height: 740 }, colorScheme: 'dark' },
];

const browser = await launch();

async function opened(context, path, expected = 200) {
  const page = await context.newPage();
  await listen(page, () => path);
  const response = await page.goto(base + path, { waitUntil: 'load' });
  if (response.status() !== expected) found(path, `status ${response.status()}, not ${expected}`);
  return page;
}

async function look(context, view, path, expected) {
  const page = await opened(context, path, expected);
  await inspect(page, `${path} (${view.name})`);
  await picture(page, `${path.replace(/[^a-z0-9]+/gi, '-').replace(/^-|-$/g, '') || 'home'}.${view.name}`);
  const links = await page.evaluate(() => [...document.links].map((link) => link.href));
  await page.close();
  return links.filter((link) => link.startsWith(`${base}/`)).map((link) => link.slice(base.length).split(/#|(?<=\/login)\?/)[0]);
}

// Three at a time.
async function each(items, visit) {
  const queue = [...items];
  await Promise.all([1, 2, 3].map(async () => { while (queue.length > 0) await visit(queue.shift()); }));
}

// Every page once in the first view, by its links; then a page of each kind in the others.
const seen = new Set(['/']);
const first = await browser.newContext(views[0]);
for (let wave = ['/']; wave.length > 0;) {
  const next = [];
  await each(wave, async (path) => {
    for (const link of await look(first, views[0], path, 200)) if (!seen.has(link)) next.push(link), seen.add(link);
  });
  wave = next;
}
await look(first, views[0], '/nowhere', 404);
const kinds = new Map([...seen].map((path) => [path.replace(/\d+/g, 'N'), path]));
await each(views.slice(1), async (view) => {
  const context = await browser.newContext(view);
  for (const path of kinds.values()) await look(context, view, path, 200);
  await look(context, view, '/nowhere', 404);
  await context.close();
});

// Without script every page is whole: a heading, the way around, and something to read.
const bare = await browser.newContext({ javaScriptEnabled: false });
for (const path of kinds.values()) {
  const page = await bare.newPage();
  await page.goto(base + path);
  for (const part of ['h1', 'main', 'nav a']) {
    if (await page.locator(part).count() === 0) found(path, `has no ${part} without script`);
  }
  await page.close();
}

// A script that somebody smuggled into the page does not run, and the browser says which rule stopped it.
for (const smuggled of ['<script>window.pwned = 1</script>', '<img src="/none" onerror="window.pwned = 1">',
  '<script src="data:text/javascript,window.pwned=1"></script>', '<a id="lure" href="javascript:window.pwned=1">x</a>']) {
  const page = await first.newPage();
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener('securitypolicyviolation', (event) => window.violations.push(event.effectiveDirective));
  });
  await page.route(`${base}/about`, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: (await response.text()).replace('</main>', `${smuggled}</main>`) });
  });
  await page.goto(`${base}/about`);
  await page.evaluate(() => document.getElementById('lure')?.click());
  await page.waitForFunction(() => window.violations.length > 0, null, { timeout: 5000 })
    .catch(() => found('/about', `nothing stopped ${smuggled}`));
  if (await page.evaluate(() => window.pwned)) found('/about', `${smuggled} ran`);
  await page.close();
}

await browser.close();
console.log(JSON.stringify({ pages: [...seen].sort(), findings }));
