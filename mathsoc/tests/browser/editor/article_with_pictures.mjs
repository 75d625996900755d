// Pictures are pasted, dropped and inserted into the HTML source. A visitor sees them with the
// article, and not before it is shown.

import { equal, match } from 'node:assert/strict';
import { firstAdmin } from '../lib/accounts.mjs';
import { BOARD, editable, give, html, insertButton, insertPicture, pictureDialog, pictures, readArticle, source, tool } from '../lib/editor.mjs';
import { fill, follow, press } from '../lib/forms.mjs';
import { look } from '../lib/look.mjs';
import { story, visitor } from '../lib/story.mjs';

const PDF = { name: 'a.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4\n%%EOF') };

await story(async () => {
  const page = await firstAdmin();
  await page.goto('/admin/articles/new');
  const dialog = pictureDialog(page);
  await fill(page, { Title: 'Boards', Teaser: 'Black and white.' });
  await editable(page).focus();
  await page.keyboard.type('A board has ');
  await tool(page, 'Formula').click();
  await page.keyboard.type('n^2');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.type(' squares: ');
  await tool(page, 'Picture').click();
  await dialog.getByLabel('File').setInputFiles(BOARD);
  await dialog.getByLabel('What it shows').fill('A chess board');
  await insertPicture(page);

  // The dialog of a pasted file has no field for a file. A cancelled dialog inserts nothing.
  equal(await give(editable(page), 'paste', BOARD), false);
  equal(await dialog.getByLabel('File').count(), 0);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  equal(await pictures(page).count(), 1);
  await give(editable(page), 'paste', BOARD);
  await dialog.getByLabel('It only decorates').check();
  await insertPicture(page);
  equal(await pictures(page).count(), 2);

  // A dropped file that is no picture does not open in the browser.
  equal(await give(editable(page), 'drop', PDF), false);
  await dialog.getByLabel('It only decorates').check();
  await insertButton(page).click();
  await dialog.getByRole('alert').getByText('PDF').waitFor();
  await page.keyboard.press('Escape');
  await give(editable(page), 'drop', BOARD);
  await dialog.getByLabel('What it shows').fill('The last board');
  await insertPicture(page);

  await tool(page, 'HTML').click();
  await source(page).evaluate((field) => field.setSelectionRange(3, 3));
  await tool(page, 'Picture').click();
  await dialog.getByLabel('File').setInputFiles(BOARD);
  await dialog.getByLabel('What it shows').fill('First of all');
  await insertPicture(page);
  match(await html(page), /^<p><img src="\/files\/[^"]+" alt="First of all" width="640" height="320" loading="lazy">A board/);
  await tool(page, 'HTML').click();
  equal(await pictures(page).count(), 4);

  const src = /src="([^"]+)"/.exec(await html(page))[1];
  const statusForVisitors = async () => (await (await visitor()).request.get(src)).status();
  await fill(page, { 'Shown from': '2099-01-01T09:00' });
  equal(await press(page, 'Save'), 303);
  equal(await statusForVisitors(), 404);
  await follow(page, 'Boards');
  await fill(page, { 'Shown from': '2026-01-01T09:00' });
  equal(await press(page, 'Save'), 303);
  equal(await statusForVisitors(), 200);
  await look(await readArticle('Boards', ['First of all', 'A chess board', '', 'The last board']), 'article-with-pictures');
});
