// An admin adds a picture to an article without script, by the upload form in a second window.

import { equal, match } from 'node:assert/strict';
import { firstAdmin } from '../lib/accounts.mjs';
import { BOARD, readArticle } from '../lib/editor.mjs';
import { send } from '../lib/forms.mjs';
import { photograph } from '../lib/look.mjs';
import { story } from '../lib/story.mjs';

await story(async () => {
  const page = await firstAdmin();
  await page.goto('/admin/articles/new');
  const opened = page.context().waitForEvent('page');
  await page.getByRole('link', { name: 'send it in a new window' }).click();
  const upload = await opened;
  await upload.waitForLoadState('load');
  const error = upload.locator('.field:has([type=file]) .wrong');
  equal(await send(upload, { 'What it shows': 'A board' }, 'Send it'), 422);
  match(await error.textContent(), /Choose a file/);
  await photograph(upload, 'upload-form-wrong.bare');
  const webPage = { name: 'page.png', mimeType: 'image/png', buffer: Buffer.from('<!doctype html><p>') };
  equal(await send(upload, { File: webPage }, 'Send it'), 422);
  match(await error.textContent(), /This is a web page/);
  equal(await send(upload, { 'What it shows': 'A board', File: BOARD }, 'Send it'), 200);
  const line = await upload.getByLabel('Its line').inputValue();
  await photograph(upload, 'upload-form-sent.bare');
  await upload.close();
  equal(await send(page, { Title: 'Board', Teaser: 'By hand.', 'The article': `<p>So \\(x^2\\).</p>\n${line}` }, 'Save'), 303);
  await readArticle('Board', ['A board']);
});
