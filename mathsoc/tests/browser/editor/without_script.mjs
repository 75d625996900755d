// An admin writes an article without script.

import { equal } from 'node:assert/strict';
import { firstAdmin } from '../lib/accounts.mjs';
import { follow, send } from '../lib/forms.mjs';
import { story } from '../lib/story.mjs';

await story(async () => {
  const page = await firstAdmin();
  await page.goto('/admin/articles/new');
  equal(await page.getByRole('toolbar').count(), 0);
  equal(await send(page, { Title: 'Plain', Teaser: 'By hand.', 'The article': '<p>So \\(x^2\\).</p>' }, 'Save'), 303);
  await page.goto('/articles');
  await follow(page, 'Plain');
  equal(await page.locator('.prose msup').count(), 1);
});
