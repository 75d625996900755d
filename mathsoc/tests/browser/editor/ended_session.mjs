// The session ends while an admin writes an article. After the log-in in the same tab, the text is
// there, and can be saved.

import { equal, match } from 'node:assert/strict';
import { ADMIN, firstAdmin } from '../lib/accounts.mjs';
import { editable, html } from '../lib/editor.mjs';
import { fill, path, press, send } from '../lib/forms.mjs';
import { look } from '../lib/look.mjs';
import { hasScript, story, visitor } from '../lib/story.mjs';

const TEXT = 'Take all of them, \\(p_1 < p_2\\).';

await story(async () => {
  const page = await firstAdmin();
  await page.goto('/admin/articles/new');
  await fill(page, { Title: 'Primes', Teaser: 'They never end.' });
  if (hasScript(page)) {
    await editable(page).focus();
    await page.keyboard.type(TEXT);
  } else await fill(page, { 'The article': `<p>${TEXT.replace('<', '&lt;')}</p>` });
  const written = await html(page);
  await page.context().clearCookies();
  equal(await press(page, 'Save'), 403);
  match(await page.locator('main').innerText(), /What you typed is kept/);
  await look(page, 'logged-out');
  const { email, password } = ADMIN;
  equal(await send(page, { 'E-mail address': email, Password: 'not mine' }, 'Log in'), 422);
  equal(await send(page, { 'E-mail address': email, Password: password }, 'Log in'), 303);
  equal(path(page), '/admin/articles/new');
  match(await page.locator('main').innerText(), /Nothing was sent yet/);
  equal(await page.getByLabel('Title', { exact: true }).inputValue(), 'Primes');
  equal(await html(page), written);
  if (hasScript(page)) match(await editable(page).innerText(), /Take all of them/);
  await look(page, 'filled');
  equal(await press(page, 'Save'), 303);
  equal(path(page), '/admin/articles');
  await page.goto('/admin/articles/new');
  equal(await page.getByRole('button', { name: 'Put it back' }).count(), 0);

  const reader = await visitor();
  await reader.goto('/articles');
  await reader.getByRole('link', { name: 'Primes', exact: true }).click();
  await reader.waitForLoadState('load');
  equal(await reader.locator('.prose math').count(), 1);
});
