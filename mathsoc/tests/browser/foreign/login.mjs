// Other origins cannot log a visitor in to an account of theirs (login CSRF).

import { equal } from 'node:assert/strict';
import { ADMIN, firstAdmin } from '../lib/accounts.mjs';
import { ORIGINS, attackByEveryMethod, attempts, recordPosts, tokenOf } from '../lib/foreign.mjs';
import { path } from '../lib/forms.mjs';
import { newContext, story } from '../lib/story.mjs';

await story(async () => {
  await firstAdmin();
  const csrf_token = await tokenOf(await newContext());
  const fields = { email: ADMIN.email, password: ADMIN.password, csrf_token };
  for (const origin of Object.keys(ORIGINS)) {
    const page = await (await newContext()).newPage();
    await page.goto('/login');
    await attackByEveryMethod(page, await recordPosts(page), origin, '/login', fields, 'a foreign token');
    await page.goto('/profile');
    equal(path(page), '/login', `a page of ${origin} logged a visitor in`);
  }
  return { attempts };
});
