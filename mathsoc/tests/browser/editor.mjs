// An admin writes articles: with the editor, by keyboard and by mouse; as HTML beside it; and without script. A visitor reads
// them. Prints one JSON line of findings.
//
//   node editor.mjs <site> <link to set it up> [folder for screenshots]

import { deepEqual, equal, match } from 'node:assert/strict';
import { camera, findings, found, launch, listen } from './look.mjs';
import { inEveryView } from './views.mjs';

const [base, setUpLink, screenshots] = process.argv.slice(2);
const picture = camera(screenshots);
const grace = { 'Your name': 'Grace', 'E-mail address': 'grace@school.example', Password: 'seven silver trains hum at dusk' };
const pages = [];
const browser = await launch();

async function look(page, name) {
  pages.push(name);
  await inEveryView(page, name, picture);
}

async function person(options) {
  const page = await (await browser.newContext({ baseURL: base, reducedMotion: 'reduce', ...options })).newPage();
  page.setDefaultTimeout(10_000);
  if (options?.javaScriptEnabled !== false) await listen(page);
  return page;
}

async function fill(page, fields) {
  for (const [label, value] of Object.entries(fields)) await page.getByRole('main').getByLabel(label, { exact: true }).fill(value);
}

async function send(page, button) {
  const answer = page.waitForResponse((it) => it.request().method() === 'POST');
  await page.getByRole('main').getByRole('button', { name: button, exact: true }).click();
  const status = (await answer).status();
  await page.waitForLoadState('load');
  return status;
}

const tool = (page, name) => page.getByRole('toolbar').getByRole('button', { name, exact: true });
const sheet = (page) => page.getByRole('textbox', { name: 'The article' }).and(page.locator('[contenteditable=true]'));
const html = (page) => page.locator('textarea[name=body]').inputValue();
const focused = (page) => page.evaluate(() => document.activeElement.getAttribute('aria-label'));

async function byMouseAndKeyboard(page) {
  await page.goto('/admin/articles/new');
  equal(await page.getByLabel('Author', { exact: true }).inputValue(), 'Grace');
  await look(page, 'empty');

  // One stop for Tab, arrows from button to button, and a way back.
  await sheet(page).focus();
  await page.keyboard.press('Shift+Tab');
  equal(await focused(page), 'Bold');
  await page.keyboard.press('ArrowRight');
  equal(await focused(page), 'Italic');
  await page.keyboard.press('End');
  equal(await focused(page), 'HTML');
  await page.keyboard.press('ArrowRight');
  equal(await focused(page), 'Bold');
  await page.keyboard.press('Escape');
  equal(await focused(page), 'The article');
  await page.keyboard.press('Alt+F10');
  equal(await focused(page), 'Bold');
  await page.keyboard.press('Tab');
  equal(await focused(page), 'The article');

  await tool(page, 'H2 heading').click();
  await page.keyboard.type('Why they never end');
  await page.keyboard.press('Enter');
  await page.keyboard.type('Take ');
  await page.keyboard.press('Control+b');
  await page.keyboard.type('all');
  await page.keyboard.press('Control+b');
  await page.keyboard.type(' of them, ');
  await tool(page, 'Formula').click();
  await page.keyboard.type('p_1 < p_2 * q_n * r');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.type(', and see');
  await tool(page, 'Formula on a line of its own').click();
  await page.keyboard.type('N = p_1 p_2 \\cdots p_n + 1.');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await tool(page, 'List').click();
  await page.keyboard.type('It has a divisor.');
  await page.keyboard.press('Enter');
  await page.keyboard.type('It is none of them: ');
  await tool(page, 'Link').click();
  const dialog = page.getByRole('dialog', { name: 'Link' });
  await dialog.getByLabel('Address').fill('javascript:alert(1)');
  await dialog.getByRole('button', { name: 'Set it' }).click();
  equal(await dialog.isVisible(), true, 'an address that leads nowhere is not taken');
  await dialog.getByLabel('Address').fill('/challenges');
  await look(page, 'link');
  await dialog.getByRole('button', { name: 'Set it' }).click();
  equal(await tool(page, 'Quotation').getAttribute('aria-disabled'), 'true', 'an item of a list is no quotation');
  await tool(page, 'Numbered list').click();
  equal(await tool(page, 'Numbered list').getAttribute('aria-pressed'), 'true');
  await tool(page, 'Undo').click();
  equal(await tool(page, 'Numbered list').getAttribute('aria-pressed'), 'false');
  await look(page, 'written');

  const written = [
    '<h2>Why they never end</h2>',
    '<p>Take <strong>all</strong> of them, \\(p_1 &lt; p_2 * q_n * r\\), and see\\[N = p_1 p_2 \\cdots p_n + 1.\\]</p>',
    '<ul><li><p>It has a divisor.</p></li><li><p>It is none of them: <a href="/challenges">/challenges</a></p></li></ul>',
  ];
  deepEqual((await html(page)).split('\n'), written);
  await tool(page, 'HTML').click();
  await look(page, 'html');
  await tool(page, 'HTML').click();
  equal(await sheet(page).locator('h2').textContent(), 'Why they never end');

  equal(await send(page, 'Save'), 422);
  await look(page, 'wrong');
  deepEqual((await html(page)).split('\n'), written);
  const popup = page.context().waitForEvent('page');
  await fill(page, { Title: 'Primes', Teaser: 'They never end: \\(\\infty\\).' });
  await page.getByRole('button', { name: 'Preview in a new window' }).click();
  const preview = await popup;
  await preview.waitForLoadState('load');
  match(await preview.locator('main').textContent(), /This is a preview/);
  equal(await preview.locator('main math').count(), 3);
  await preview.close();
  equal(await send(page, 'Save'), 303);

  const visitor = await person();
  await visitor.goto('/articles');
  await visitor.getByRole('link', { name: 'Primes', exact: true }).click();
  await visitor.waitForLoadState('load');
  equal(await visitor.locator('.prose math').count(), 2);
  equal(await visitor.locator('.prose li').count(), 2);
  equal(await visitor.locator('.prose a').getAttribute('href'), '/challenges');
  await look(visitor, 'article');
}

// What is pasted is read by the editor, and runs nowhere.
async function pasted(page) {
  await page.goto('/admin/articles/new');
  await sheet(page).evaluate((element) => {
    const clipboardData = new DataTransfer();
    const evil = '<img src=/favicon.ico onload="window.stolen=1"><img src=https://evil.example/1.png><style>p { color: red }</style><script>window.stolen=1</' + 'script>';
    clipboardData.setData('text/html', `<p style="position:fixed" onclick="window.stolen=1">Kept <b>bold</b></p>${evil}`);
    element.focus();
    element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  });
  match(await html(page), /^<p>Kept <strong>bold<\/strong><\/p>/);
  if (/evil|script|style|onclick|onload/.test(await html(page))) found('paste', await html(page));
  if (await page.evaluate(() => 'stolen' in window)) found('paste', 'something that was pasted has run');
}

// HTML that the editor does not know is saved as it was written.
async function whatTheEditorDoesNotKnow(page) {
  const table = '<p>Before</p><table><tbody><tr><td>1</td></tr></tbody></table><p class="aside" onclick="window.stolen=1">\\(x\\)</p>';
  await page.goto('/admin/articles/new');
  await tool(page, 'HTML').click();
  await fill(page, { Title: 'A table', Teaser: 'Of one.' });
  await page.locator('textarea[name=body]').fill(table);
  await tool(page, 'HTML').click();
  match(await page.getByRole('main').getByRole('status').textContent(), /would lose <table>, <tbody>, <tr>, <td>, <p class>, <p onclick>/);
  equal(await page.locator('textarea[name=body]').isVisible(), true);
  await look(page, 'unknown');
  equal(await send(page, 'Save'), 303);
  await page.getByRole('link', { name: 'A table', exact: true }).click();
  await page.waitForLoadState('load');
  equal(await page.locator('textarea[name=body]').isVisible(), true);
  equal(await html(page), table);
  equal(await send(page, 'Save'), 303);
}

async function withoutScript(page) {
  await page.goto('/admin/articles/new');
  equal(await page.getByRole('toolbar').count(), 0);
  await fill(page, { Title: 'Plain', Teaser: 'By hand.', 'The article': '<p>So \\(x^2\\).</p>' });
  equal(await send(page, 'Save'), 303);
  await page.goto('/articles');
  await page.getByRole('link', { name: 'Plain', exact: true }).click();
  equal(await page.locator('.prose msup').count(), 1);
}

const own = await person();
await own.goto(new URL(setUpLink).pathname);
await fill(own, grace);
equal(await send(own, 'Make the first admin'), 303);
await byMouseAndKeyboard(own);
await pasted(own);
await whatTheEditorDoesNotKnow(own);
await withoutScript(await person({ javaScriptEnabled: false, storageState: await own.context().storageState() }));

await browser.close();
console.log(JSON.stringify({ findings, pages }));
