// The rich text editor of articles, its dialog for pictures, and the pictures themselves.

import { deepEqual, equal } from 'node:assert/strict';
import { crc32, deflateSync } from 'node:zlib';
import { visitor } from './story.mjs';

export const tool = (page, name) => page.getByRole('toolbar').getByRole('button', { name, exact: true });
export const editable = (page) => page.getByRole('textbox', { name: 'The article' }).and(page.locator('[contenteditable=true]'));
export const source = (page) => page.locator('textarea[name=body]');
export const html = (page) => source(page).inputValue();
export const focusedLabel = (page) => page.evaluate(() => document.activeElement.getAttribute('aria-label'));
export const pictureDialog = (page) => page.getByRole('dialog', { name: 'Picture' });
export const insertButton = (page) => pictureDialog(page).getByRole('button', { name: 'Insert it' });
export const pictures = (page) => editable(page).locator('img:not(.ProseMirror-separator)');

// Inserts the picture of the open dialog, and waits until the dialog is closed.
export async function insertPicture(page) {
  await insertButton(page).click();
  await pictureDialog(page).waitFor({ state: 'detached' });
}

// Returns a PNG of squares in two greens. `ballast` bytes of a text chunk make the file larger.
function png(width, height, ballast = 0) {
  const uint32 = (number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(number);
    return bytes;
  };
  const chunk = (name, data) => {
    const named = Buffer.concat([Buffer.from(name), data]);
    return Buffer.concat([uint32(data.length), named, uint32(crc32(named))]);
  };
  const header = Buffer.concat([uint32(width), uint32(height), Buffer.from([8, 2, 0, 0, 0])]);
  const rows = Buffer.alloc(height * (1 + 3 * width));
  for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) {
    rows.set((x >> 5) + (y >> 5) & 1 ? [0x3b, 0x7a, 0x57] : [0x9f, 0xc9, 0xae], y * (1 + 3 * width) + 1 + 3 * x);
  }
  const chunks = [chunk('IHDR', header)];
  if (ballast) chunks.push(chunk('tEXt', Buffer.concat([Buffer.from('Comment\0'), Buffer.alloc(ballast, 'x')])));
  chunks.push(chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0)));
  return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), ...chunks]);
}

export const BOARD = { name: 'board.png', mimeType: 'image/png', buffer: png(640, 320) };
export const LARGE = { name: 'large.png', mimeType: 'image/png', buffer: png(32, 32, 3_000_000) };

// Pastes or drops a file. Returns `false` if the page has handled the event.
export const give = (target, kind, { name, mimeType, buffer }) => target.evaluate((element, [kind, name, type, base64]) => {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], name, { type }));
  const { right, bottom } = element.getBoundingClientRect();
  const options = { bubbles: true, cancelable: true, clientX: right - 30, clientY: bottom - 20 };
  const event = kind === 'paste' ? new ClipboardEvent('paste', { ...options, clipboardData: data }) : new DragEvent('drop', { ...options, dataTransfer: data });
  element.focus();
  return element.dispatchEvent(event);
}, [kind, name, mimeType, buffer.toString('base64')]);

// Opens the article as a visitor. It has one formula, and pictures with these alternative texts.
export async function readArticle(title, alts) {
  const page = await visitor({ javaScriptEnabled: true });
  await page.goto('/articles');
  await page.getByRole('link', { name: title, exact: true }).click();
  await page.waitForLoadState('load');
  equal(await page.locator('.prose math msup').count(), 1, 'the formula is MathML');
  const images = page.locator('.prose img');
  deepEqual(await images.evaluateAll((all) => all.map((it) => it.getAttribute('alt'))), alts);
  for (const image of await images.all()) {
    await image.scrollIntoViewIfNeeded();
    await image.evaluate((it) => it.complete || new Promise((done) => { it.onload = it.onerror = done; }));
    deepEqual(await image.evaluate((it) => [it.naturalWidth, it.getAttribute('width'), it.getAttribute('height'), it.loading]), [640, '640', '320', 'lazy']);
  }
  return page;
}
