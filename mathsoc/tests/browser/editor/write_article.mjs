// An admin writes an article with the editor, by mouse and keyboard. A visitor reads it.

import { deepEqual, equal, match } from 'node:assert/strict';
import { firstAdmin } from '../lib/accounts.mjs';
import { editable, focusedLabel, html, tool } from '../lib/editor.mjs';
import { fill, press, preview } from '../lib/forms.mjs';
import { look } from '../lib/look.mjs';
import { story, visitor } from '../lib/story.mjs';

await story(async () => {
  const page = await firstAdmin();
  await page.goto('/admin/articles/new');
  equal(await page.getByLabel('Author', { exact: true }).inputValue(), 'Grace');
  await look(page, 'empty');

  // The toolbar is one stop for Tab. Arrows move between its buttons, and Escape leaves it.
  await editable(page).focus();
  for (const [key, focused] of [
    ['Shift+Tab', 'Bold'], ['ArrowRight', 'Italic'], ['End', 'HTML'], ['ArrowRight', 'Bold'],
    ['Escape', 'The article'], ['Alt+F10', 'Bold'], ['Tab', 'The article'],
  ]) {
    await page.keyboard.press(key);
    equal(await focusedLabel(page), focused);
  }

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
  await page.keyboard.type('It is a new one: ');
  await tool(page, 'Link').click();
  const dialog = page.getByRole('dialog', { name: 'Link' });
  await dialog.getByLabel('Address').fill('javascript:alert(1)');
  await dialog.getByRole('button', { name: 'Set it' }).click();
  equal(await dialog.isVisible(), true, 'a javascript: address is rejected');
  await dialog.getByLabel('Address').fill('/challenges');
  await look(page, 'link');
  await dialog.getByRole('button', { name: 'Set it' }).click();
  equal(await tool(page, 'Quotation').getAttribute('aria-disabled'), 'true', 'a list item cannot become a quotation');
  await tool(page, 'Numbered list').click();
  equal(await tool(page, 'Numbered list').getAttribute('aria-pressed'), 'true');
  await tool(page, 'Undo').click();
  equal(await tool(page, 'Numbered list').getAttribute('aria-pressed'), 'false');
  await look(page, 'written');

  const written = [
    '<h2>Why they never end</h2>',
    '<p>Take <strong>all</strong> of them, \\(p_1 &lt; p_2 * q_n * r\\), and see\\[N = p_1 p_2 \\cdots p_n + 1.\\]</p>',
    '<ul><li><p>It has a divisor.</p></li><li><p>It is a new one: <a href="/challenges">/challenges</a></p></li></ul>',
  ];
  deepEqual((await html(page)).split('\n'), written);
  await tool(page, 'HTML').click();
  await look(page, 'html');
  await tool(page, 'HTML').click();
  equal(await editable(page).locator('h2').textContent(), 'Why they never end');

  equal(await press(page, 'Save'), 422);
  await look(page, 'wrong');
  deepEqual((await html(page)).split('\n'), written);
  await fill(page, { Title: 'Primes', Teaser: 'They never end: \\(\\infty\\).' });
  await preview(page, async (opened) => {
    match(await opened.locator('main').textContent(), /This is a preview/);
    equal(await opened.locator('main math').count(), 3);
  });
  equal(await press(page, 'Save'), 303);

  const reader = await visitor();
  await reader.goto('/articles');
  await reader.getByRole('link', { name: 'Primes', exact: true }).click();
  await reader.waitForLoadState('load');
  equal(await reader.locator('.prose math').count(), 2);
  equal(await reader.locator('.prose li').count(), 2);
  equal(await reader.locator('.prose a').getAttribute('href'), '/challenges');
  await look(reader, 'article');
});
