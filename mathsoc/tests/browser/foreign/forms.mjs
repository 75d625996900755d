// Other origins cannot change a member's account or log the member out, whatever token they send.

import { equal } from 'node:assert/strict';
import { firstAdmin } from '../lib/accounts.mjs';
import { ORIGINS, attackByEveryMethod, attempts, recordPosts, tokenOf } from '../lib/foreign.mjs';
import { fill, path, press } from '../lib/forms.mjs';
import { newContext, story } from '../lib/story.mjs';

await story(async () => {
  const own = await firstAdmin();
  const tokens = {
    'no token': '',
    'a foreign token': await tokenOf(await newContext()),
    "the member's token": await own.locator('[name=csrf_token]').first().inputValue(),
  };
  for (const origin of Object.keys(ORIGINS)) {
    const page = await own.context().newPage();
    const nextPost = await recordPosts(page);
    for (const [token, csrf_token] of Object.entries(tokens)) {
      await attackByEveryMethod(page, nextPost, origin, '/profile/edit', { full_name: 'Mallory', year: '', csrf_token }, token);
      await attackByEveryMethod(page, nextPost, origin, '/logout', { csrf_token }, token);
    }
    await page.close();
  }

  // The site's own pages can do both.
  await own.goto('/profile');
  equal(path(own), '/profile', 'still logged in');
  equal(await own.locator('.facts dd').first().textContent(), 'Grace');
  await own.goto('/profile/edit');
  await fill(own, { 'Your name': 'Grace H' });
  equal(await press(own, 'Save'), 303);
  equal(await own.locator('.facts dd').first().textContent(), 'Grace H');
  await own.getByRole('button', { name: 'Log out' }).click();
  await own.waitForURL('/');
  await own.goto('/profile');
  equal(path(own), '/login');
  return { attempts };
});
