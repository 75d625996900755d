// An admin publishes a newsletter, and a reader opens and saves its PDF. A file that is no PDF is
// rejected beside its field, and the other fields keep their values.

import { equal, match } from 'node:assert/strict';
import { firstAdmin } from '../lib/accounts.mjs';
import { follow, notice, press, preview, send } from '../lib/forms.mjs';
import { look } from '../lib/look.mjs';
import { story } from '../lib/story.mjs';

const PDF = { name: 'March 2026.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n%%EOF\n') };
const HTML = { ...PDF, name: 'cat.pdf', buffer: Buffer.from('<!doctype html><p>cat</p>') };

await story(async () => {
  const page = await firstAdmin();
  await page.goto('/admin');
  await page.getByRole('link', { name: 'Newsletters', exact: true }).first().click();
  await page.getByRole('link', { name: 'New newsletter' }).click();
  await look(page, 'newsletter-form');
  equal(await send(page, { PDF: HTML, Title: 'March', 'What is in it': 'Where \\(\\pi\\) is.' }, 'Save'), 422);
  match(await page.locator('#file-error').textContent(), /cat\.pdf: This is a web page/);
  equal(await page.getByLabel('Title', { exact: true }).inputValue(), 'March');
  await look(page, 'newsletter-form-wrong');
  await preview(page, async (opened) => match(await opened.locator('main').textContent(), /This is a preview/));
  equal(await send(page, { PDF }, 'Save'), 303);
  match(await notice(page), /is saved/);
  await look(page, 'newsletters-admin');
  await follow(page, 'March');
  await look(page, 'newsletter-change');
  equal(await send(page, { Title: 'April' }, 'Save'), 303);

  await page.goto('/');
  await follow(page, 'All newsletters');
  await look(page, 'newsletters');
  await page.getByRole('link', { name: 'April' }).click();
  await look(page, 'newsletter');
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: /^Download it/ }).click();
  equal((await download).suggestedFilename(), 'March_2026.pdf');
  const opened = await page.request.get(await page.getByRole('link', { name: 'Open the PDF' }).getAttribute('href'));
  equal(opened.headers()['content-type'], 'application/pdf');
  match(opened.headers()['content-disposition'], /^inline/);
});
