// The dialog for pictures validates its fields, reports what the site rejects, shows the progress,
// and changes the alternative text afterwards.

import { equal, match } from 'node:assert/strict';
import { firstAdmin } from '../lib/accounts.mjs';
import { BOARD, LARGE, editable, focusedLabel, html, insertButton, pictureDialog, pictures, tool } from '../lib/editor.mjs';
import { look } from '../lib/look.mjs';
import { story } from '../lib/story.mjs';

await story(async () => {
  const page = await firstAdmin();
  await page.goto('/admin/articles/new');
  const dialog = pictureDialog(page);
  await editable(page).focus();
  await page.keyboard.type('A board: ');

  await tool(page, 'Picture').click();
  await insertButton(page).click();
  equal(await dialog.getByRole('alert').textContent(), 'Choose a file.');
  await dialog.getByLabel('File').setInputFiles(BOARD);
  await insertButton(page).click();
  match(await dialog.getByRole('alert').textContent(), /^Write what the picture shows/);
  await look(page, 'picture-asked');
  await dialog.getByLabel('What it shows').fill('A board of "eight" squares');

  for (const [file, message] of [
    [{ ...BOARD, name: 'page.png', buffer: Buffer.from('<!doctype html><script>alert(1)</script>') }, /This is a web page/],
    [{ ...BOARD, name: 'cut.png', buffer: BOARD.buffer.subarray(0, 200) }, /damaged/],
    [{ ...BOARD, name: 'board.gif' }, /ends in \.png/],
    [LARGE, /larger than this page takes|the connection ended/],
  ]) {
    await dialog.getByLabel('File').setInputFiles(file);
    await insertButton(page).click();
    await dialog.getByRole('alert').filter({ hasText: /./ }).waitFor();
    match(await dialog.getByRole('alert').textContent(), message);
  }
  await look(page, 'picture-rejected');

  // The upload is held back until the progress has been checked.
  let release;
  const released = new Promise((resolve) => { release = resolve; });
  await page.route('**/admin/api/pictures', async (route) => { await released; await route.continue(); });
  await dialog.getByLabel('File').setInputFiles(BOARD);
  await insertButton(page).click();
  await dialog.getByRole('progressbar').waitFor();
  equal(await insertButton(page).getAttribute('aria-disabled'), 'true');
  await look(page, 'picture-in-progress');
  release();
  await dialog.waitFor({ state: 'detached' });
  match(await html(page), /^<p>A board: <img src="\/files\/[0-9a-f]{32}\/board.png" alt="A board of &quot;eight&quot; squares" width="640" height="320" loading="lazy"><\/p>$/);
  equal(await focusedLabel(page), 'The article');

  await pictures(page).click();
  equal(await tool(page, 'Picture').getAttribute('aria-pressed'), 'true');
  await look(page, 'picture-in-text');
  await tool(page, 'Picture').click();
  const altText = page.getByRole('dialog', { name: 'Change the words for the picture' });
  equal(await altText.getByLabel('What it shows').inputValue(), 'A board of "eight" squares');
  await altText.getByLabel('What it shows').fill('A chess board');
  await altText.getByRole('button', { name: 'Change them' }).click();
  await altText.waitFor({ state: 'detached' });
  match(await html(page), /alt="A chess board"/);
});
