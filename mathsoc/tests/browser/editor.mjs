// An admin writes articles: with the editor, by keyboard and by mouse; as HTML beside it; and without script. A visitor reads
// them. Prints one JSON line of findings.
//
//   node editor.mjs <site> <link to set it up> [folder for screenshots]

import { deepEqual, equal, match } from 'node:assert/strict';
import { crc32, deflateSync } from 'node:zlib';
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

// A picture of squares in two greens, and as many random bytes as are wanted in a part of it that shows nothing.
function png(width, height, ballast = 0) {
  const part = (name, data) => {
    const named = Buffer.concat([Buffer.from(name), data]);
    const [length, sum] = [data.length, crc32(named)].map((number) => { const four = Buffer.alloc(4); four.writeUInt32BE(number); return four; });
    return Buffer.concat([length, named, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const rows = Buffer.alloc(height * (1 + 3 * width));
  for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) {
    rows.set((x >> 5) + (y >> 5) & 1 ? [0x3b, 0x7a, 0x57] : [0x9f, 0xc9, 0xae], y * (1 + 3 * width) + 1 + 3 * x);
  }
  const parts = [['IHDR', head], ...(ballast ? [['tEXt', Buffer.concat([Buffer.from('Comment\0'), Buffer.alloc(ballast, 'x')])]] : []), ['IDAT', deflateSync(rows)], ['IEND', Buffer.alloc(0)]];
  return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), ...parts.map(([name, data]) => part(name, data))]);
}

const board = { name: 'board.png', mimeType: 'image/png', buffer: png(640, 320) };
const question = (page) => page.getByRole('dialog', { name: 'Picture' });

// As somebody does who has copied a picture, or holds one over the text.
const give = (page, kind, target, { name, mimeType, buffer }) => target.evaluate((element, [kind, name, type, base64]) => {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], name, { type }));
  const { right, bottom } = element.getBoundingClientRect();
  const options = { bubbles: true, cancelable: true, clientX: right - 30, clientY: bottom - 20 };
  const event = kind === 'paste' ? new ClipboardEvent('paste', { ...options, clipboardData: data }) : new DragEvent('drop', { ...options, dataTransfer: data });
  element.focus();
  return element.dispatchEvent(event);
}, [kind, name, mimeType, buffer.toString('base64')]);

// The picture in the article that a visitor has opened, and the formula beside it.
async function seen(title, alts) {
  const visitor = await person();
  await visitor.goto('/articles');
  await visitor.getByRole('link', { name: title, exact: true }).click();
  await visitor.waitForLoadState('load');
  equal(await visitor.locator('.prose math msup').count(), 1, 'the formula is MathML');
  const pictures = visitor.locator('.prose img');
  deepEqual(await pictures.evaluateAll((all) => all.map((it) => it.getAttribute('alt'))), alts);
  for (const picture of await pictures.all()) {
    await picture.scrollIntoViewIfNeeded();
    await picture.evaluate((it) => it.complete || new Promise((done) => { it.onload = it.onerror = done; }));
    deepEqual(await picture.evaluate((it) => [it.naturalWidth, it.getAttribute('width'), it.getAttribute('height'), it.loading]), [640, '640', '320', 'lazy']);
  }
  return visitor;
}

async function withPictures(page) {
  await page.goto('/admin/articles/new');
  await fill(page, { Title: 'Boards', Teaser: 'Black and white.' });
  await sheet(page).focus();
  await page.keyboard.type('A board has ');
  await tool(page, 'Formula').click();
  await page.keyboard.type('n^2');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.type(' squares: ');

  // Nothing is sent before there is a file, and words for it.
  await tool(page, 'Picture').click();
  const send = question(page).getByRole('button', { name: 'Insert it' });
  await send.click();
  equal(await question(page).getByRole('alert').textContent(), 'Choose a file.');
  await question(page).getByLabel('File').setInputFiles(board);
  await send.click();
  match(await question(page).getByRole('alert').textContent(), /^Write what the picture shows/);
  await look(page, 'picture asked');
  await question(page).getByLabel('What it shows').fill('A board of "eight" squares');

  // What the site says of a file is said in the window, which stays; and then the next file is taken.
  for (const [name, buffer, said] of [
    ['page.png', Buffer.from('<!doctype html><script>alert(1)</script>'), /This is a web page/],
    ['cut.png', board.buffer.subarray(0, 200), /damaged/],
    ['board.gif', board.buffer, /ends in \.png/],
    ['large.png', png(32, 32, 3_000_000), /larger than this page takes|the connection ended/],
  ]) {
    await question(page).getByLabel('File').setInputFiles({ name, mimeType: 'image/png', buffer });
    await send.click();
    await question(page).getByRole('alert').filter({ hasText: /./ }).waitFor();
    match(await question(page).getByRole('alert').textContent(), said);
  }
  await look(page, 'picture refused');
  // It goes as slowly as from a phone.
  let arrive;
  const arrival = new Promise((go) => { arrive = go; });
  await page.route('**/admin/api/pictures', async (route) => { await arrival; await route.continue(); });
  await question(page).getByLabel('File').setInputFiles(board);
  await send.click();
  await question(page).getByRole('progressbar').waitFor();
  equal(await send.getAttribute('aria-disabled'), 'true');
  await look(page, 'picture on its way');
  arrive();
  await question(page).waitFor({ state: 'detached' });
  await page.unroute('**/admin/api/pictures');
  const image = sheet(page).locator('img:not(.ProseMirror-separator)');
  match(await html(page), /^<p>A board has \\\(n\^2\\\) squares: <img src="\/files\/[0-9a-f]{32}\/board.png" alt="A board of &quot;eight&quot; squares" width="640" height="320" loading="lazy"><\/p>$/);
  equal(await focused(page), 'The article');

  // Other words, for the picture that is chosen.
  await image.click();
  equal(await tool(page, 'Picture').getAttribute('aria-pressed'), 'true');
  await look(page, 'picture in the text');
  await tool(page, 'Picture').click();
  const words = page.getByRole('dialog', { name: 'Change the words for the picture' });
  equal(await words.getByLabel('What it shows').inputValue(), 'A board of "eight" squares');
  await words.getByLabel('What it shows').fill('A chess board');
  await words.getByRole('button', { name: 'Change them' }).click();
  await words.waitFor({ state: 'detached' });
  await page.keyboard.press('ArrowRight');

  // Pasted: it is asked for its words alone. Left: nothing is kept.
  equal(await give(page, 'paste', sheet(page), board), false);
  equal(await question(page).getByLabel('File').count(), 0);
  await page.keyboard.press('Escape');
  await question(page).waitFor({ state: 'detached' });
  equal(await image.count(), 1);
  await give(page, 'paste', sheet(page), board);
  await question(page).getByLabel('It only decorates').check();
  await send.click();
  await question(page).waitFor({ state: 'detached' });
  equal(await image.count(), 2);

  // Dropped, and no picture: the page stays, and says what is wrong.
  equal(await give(page, 'drop', sheet(page), { name: 'a.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4\n%%EOF') }), false);
  await question(page).getByLabel('It only decorates').check();
  await send.click();
  await question(page).getByRole('alert').getByText('PDF').waitFor();
  await page.keyboard.press('Escape');
  await give(page, 'drop', sheet(page), board);
  await question(page).getByLabel('What it shows').fill('The last board');
  await send.click();
  await question(page).waitFor({ state: 'detached' });

  // In the HTML too, where one types; and the editor takes all of it back.
  await tool(page, 'HTML').click();
  await page.locator('textarea[name=body]').evaluate((field) => field.setSelectionRange(3, 3));
  await tool(page, 'Picture').click();
  await question(page).getByLabel('File').setInputFiles(board);
  await question(page).getByLabel('What it shows').fill('First of all');
  await send.click();
  await question(page).waitFor({ state: 'detached' });
  match(await html(page), /^<p><img src="\/files\/[^"]+" alt="First of all" width="640" height="320" loading="lazy">A board/);
  await tool(page, 'HTML').click();
  equal(await image.count(), 4);
}

async function withPicturesToTheEnd(page) {
  await withPictures(page);
  const alts = ['First of all', 'A chess board', '', 'The last board'];
  const src = /src="([^"]+)"/.exec(await html(page))[1];
  const asVisitor = async () => (await (await person()).request.get(src)).status();
  // Before its time it is seen by nobody else.
  await fill(page, { 'Shown from': '2099-01-01T09:00' });
  equal(await send(page, 'Save'), 303);
  equal(await asVisitor(), 404);
  await page.getByRole('link', { name: 'Boards', exact: true }).click();
  await page.waitForLoadState('load');
  await fill(page, { 'Shown from': '2026-01-01T09:00' });
  equal(await send(page, 'Save'), 303);
  equal(await asVisitor(), 200);
  await look(await seen('Boards', alts), 'article with pictures');
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

async function withAPictureAndWithoutScript(page) {
  await page.goto('/admin/articles/new');
  const opened = page.context().waitForEvent('page');
  await page.getByRole('link', { name: 'send it in a new window' }).click();
  const other = await opened;
  await other.waitForLoadState('load');
  await other.getByLabel('What it shows').fill('A board');
  equal(await send(other, 'Send it'), 422);
  match(await other.locator('.field:has([type=file]) .wrong').textContent(), /Choose a file/);
  await picture(other, 'picture by hand, wrong');
  await other.getByLabel('File').setInputFiles({ name: 'page.png', mimeType: 'image/png', buffer: Buffer.from('<!doctype html><p>') });
  equal(await send(other, 'Send it'), 422);
  match(await other.locator('.field:has([type=file]) .wrong').textContent(), /This is a web page/);
  await other.getByLabel('What it shows').fill('A board');
  await other.getByLabel('File').setInputFiles(board);
  equal(await send(other, 'Send it'), 200);
  const line = await other.getByLabel('Its line').inputValue();
  await picture(other, 'picture by hand');
  await other.close();
  await fill(page, { Title: 'Board', Teaser: 'By hand.', 'The article': `<p>So \\(x^2\\).</p>\n${line}` });
  equal(await send(page, 'Save'), 303);
  await seen('Board', ['A board']);
}

// What these pages look like, which needs script to be looked at.
async function byHandInEveryView(page) {
  await page.goto('/admin/pictures/new');
  await look(page, 'picture by hand, asked');
  await page.getByLabel('What it shows').fill('A board');
  await page.getByLabel('File').setInputFiles(board);
  equal(await send(page, 'Send it'), 200);
  await look(page, 'picture by hand, kept');
}

const own = await person();
await own.goto(new URL(setUpLink).pathname);
await fill(own, grace);
equal(await send(own, 'Make the first admin'), 303);
await byMouseAndKeyboard(own);
await pasted(own);
await whatTheEditorDoesNotKnow(own);
await withPicturesToTheEnd(own);
await byHandInEveryView(own);
const still = await person({ javaScriptEnabled: false, storageState: await own.context().storageState() });
await withoutScript(still);
await withAPictureAndWithoutScript(still);

await browser.close();
console.log(JSON.stringify({ findings, pages }));
