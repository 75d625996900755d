// A newsletter from the admin's form to the reader's window, with script and without: a file that is no PDF comes back as a word
// beside its field with all that was typed, the PDF is opened in a window of its own and saved under its name.
// Prints one JSON line of findings.
//
//   node newsletters.mjs <site> <link to set it up> [folder for screenshots]

import { equal, match } from 'node:assert/strict';
import { camera, findings, launch, listen } from './look.mjs';
import { inEveryView } from './views.mjs';

const [base, setUpLink, screenshots] = process.argv.slice(2);
const picture = camera(screenshots);
const grace = { 'Your name': 'Grace', 'E-mail address': 'grace@school.example', Password: 'seven silver trains hum at dusk' };
const pdf = { name: 'March 2026.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n%%EOF\n') };
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
  for (const [label, value] of Object.entries(fields)) await page.getByRole('main').getByLabel(label, { exact: true }).first().fill(value);
  const answer = page.waitForResponse((it) => it.request().method() === 'POST');
  await page.getByRole('main').getByRole('button', { name: button, exact: true }).click();
  const status = (await answer).status();
  await page.waitForLoadState('load');
  return status;
}

async function works(page, name) {
  const shown = name === 'script' ? (label) => look(page, label) : async () => {};
  await page.goto('/admin');
  await page.getByRole('link', { name: 'Newsletters', exact: true }).first().click();
  await page.getByRole('link', { name: 'New newsletter' }).click();
  await shown('newsletter-form');
  const file = page.getByLabel('PDF', { exact: true });
  await file.setInputFiles({ ...pdf, name: 'cat.pdf', buffer: Buffer.from('<!doctype html><p>cat</p>') });
  equal(await send(page, { Title: `March ${name}`, 'What is in it': 'Where \\(\\pi\\) is.' }, 'Save'), 422);
  match(await page.locator('#file-error').textContent(), /cat\.pdf: This is a web page/);
  equal(await page.getByLabel('Title', { exact: true }).inputValue(), `March ${name}`);
  await shown('newsletter-form-wrong');

  const popup = page.context().waitForEvent('page');
  await page.getByRole('button', { name: 'Preview in a new window' }).click();
  const preview = await popup;
  await preview.waitForLoadState('load');
  match(await preview.locator('main').textContent(), /This is a preview/);
  await preview.close();

  await file.setInputFiles(pdf);
  equal(await send(page, {}, 'Save'), 303);
  match(await page.locator('main .said').textContent(), /is saved/);
  await shown('newsletters-admin');
  await page.getByRole('link', { name: `March ${name}`, exact: true }).click();
  await shown('newsletter-change');
  equal(await send(page, { Title: `April ${name}` }, 'Save'), 303);

  await page.goto('/');
  await page.getByRole('link', { name: 'All newsletters' }).click();
  await shown('newsletters');
  await page.getByRole('link', { name: `April ${name}` }).click();
  await shown('newsletter');
  const saved = page.waitForEvent('download');
  await page.getByRole('link', { name: /^Download it/ }).click();
  equal((await saved).suggestedFilename(), 'March_2026.pdf');
  const opened = await page.request.get(await page.getByRole('link', { name: 'Open the PDF' }).getAttribute('href'));
  equal(opened.headers()['content-type'], 'application/pdf');
  match(opened.headers()['content-disposition'], /^inline/);
}

const own = await person();
await own.goto(new URL(setUpLink).pathname);
equal(await send(own, grace, 'Make the first admin'), 303);
await works(own, 'script');

const plain = await person({ javaScriptEnabled: false, storageState: await own.context().storageState() });
await works(plain, 'plain');

await browser.close();
console.log(JSON.stringify({ findings, pages }));
