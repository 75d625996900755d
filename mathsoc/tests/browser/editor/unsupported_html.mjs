// HTML that the editor would change stays source, and is saved unchanged.

import { equal, match } from 'node:assert/strict';
import { firstAdmin } from '../lib/accounts.mjs';
import { html, source, tool } from '../lib/editor.mjs';
import { fill, follow, press } from '../lib/forms.mjs';
import { look } from '../lib/look.mjs';
import { story } from '../lib/story.mjs';

const TABLE = '<p>Before</p><table><tbody><tr><td>1</td></tr></tbody></table><p class="aside" onclick="window.stolen=1">\\(x\\)</p>';

await story(async () => {
  const page = await firstAdmin();
  await page.goto('/admin/articles/new');
  await tool(page, 'HTML').click();
  await fill(page, { Title: 'A table', Teaser: 'Of one.' });
  await source(page).fill(TABLE);
  await tool(page, 'HTML').click();
  match(await page.getByRole('main').getByRole('status').filter({ hasText: 'would' }).textContent(), /would lose <table>, <tbody>, <tr>, <td>, <p class>, <p onclick>/);
  equal(await source(page).isVisible(), true);
  await look(page, 'unknown');
  equal(await press(page, 'Save'), 303);
  await follow(page, 'A table');
  equal(await source(page).isVisible(), true);
  equal(await html(page), TABLE);
  equal(await press(page, 'Save'), 303);
});
