// An admin's text survives a reload, another tab and a closed browser: it is kept in the tab, and on
// the server every 20 seconds.

import { equal, match } from 'node:assert/strict';
import { firstAdmin } from '../lib/accounts.mjs';
import { editable } from '../lib/editor.mjs';
import { fill, path, press } from '../lib/forms.mjs';
import { look } from '../lib/look.mjs';
import { anotherPage, story } from '../lib/story.mjs';

await story(async () => {
  const page = await firstAdmin();
  await page.clock.install();
  await page.goto('/admin/articles/new');
  await fill(page, { Title: 'Primes', Teaser: 'They never end.' });
  await editable(page).focus();
  await page.keyboard.type('Take all of them');

  // The browser asks before it leaves the page.
  let asked = 0;
  page.on('dialog', (dialog) => {
    asked += dialog.type() === 'beforeunload' ? 1 : 0;
    return dialog.accept();
  });
  await page.reload();
  equal(asked, 1);
  equal(await page.getByLabel('Title', { exact: true }).inputValue(), '');
  match(await page.locator('main').innerText(), /You typed something here that was not sent/);
  await look(page, 'offered');
  await page.getByRole('button', { name: 'Put it back' }).click();
  equal(await page.getByLabel('Title', { exact: true }).inputValue(), 'Primes');
  match(await editable(page).innerText(), /Take all of them/);

  const kept = page.waitForResponse('**/api/drafts');
  await page.clock.fastForward(21_000);
  equal((await kept).status(), 200);
  await page.getByText(/^Kept at \d\d:\d\d, and not sent yet\.$/).waitFor();
  await look(page, 'kept');

  // Another tab has no storage of this one: the server offers its draft.
  const other = await anotherPage(page);
  await other.goto('/admin/articles/new');
  match(await other.locator('main').innerText(), /There is text of yours from/);
  await look(other, 'offered-by-server');
  equal(await press(other, 'Put it back'), 303);
  equal(path(other), '/admin/articles/new');
  equal(await other.getByLabel('Title', { exact: true }).inputValue(), 'Primes');
  match(await editable(other).innerText(), /Take all of them/);
  equal(await press(other, 'Save'), 303);

  // A form that was sent leaves nothing behind, and asks nothing.
  await other.goto('/admin/articles/new');
  equal(await other.getByRole('button', { name: 'Put it back' }).count(), 0);
  await other.goto('/unsent');
  match(await other.locator('main').innerText(), /There is nothing/);
});
