// Accounts work without script. Reading sets no cookies, and logging out removes them.

import { deepEqual, equal } from 'node:assert/strict';
import { PASSWORD } from '../lib/accounts.mjs';
import { heading, path, send } from '../lib/forms.mjs';
import { photograph } from '../lib/look.mjs';
import { linkTo } from '../lib/mail.mjs';
import { story, visitor } from '../lib/story.mjs';

const EMAIL = 'emilie@school.example';

await story(async () => {
  const page = await visitor({ viewport: { width: 375, height: 740 } });
  const cookies = async () => (await page.context().cookies()).map(({ name }) => name).sort();
  await page.goto('/');
  await page.goto('/privacy_policy');
  deepEqual(await cookies(), [], 'the privacy policy promises that reading sets no cookies');
  await page.goto('/register');
  equal(await send(page, { 'Your name': 'Émilie', 'E-mail address': EMAIL }, 'Send me a letter'), 200);
  await page.goto(await linkTo(EMAIL, 'verify_email'));
  equal(await send(page, { Password: PASSWORD }, 'Make my account'), 303);
  equal(path(page), '/');
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.waitForURL('/');
  await photograph(page, 'login.bare');
  await page.goto('/login');
  const fields = { 'E-mail address': EMAIL, Password: PASSWORD, 'Keep me logged in on this device': true };
  equal(await send(page, fields, 'Log in'), 303);
  deepEqual(await cookies(), ['device', 'remember', 'session']);
  await page.goto('/profile');
  equal(await heading(page), 'Your account');
  await photograph(page, 'profile.bare');
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.waitForURL('/');
  deepEqual(await cookies(), ['device'], 'logging out removes both, and the browser stays known');
  await page.goto('/profile');
  equal(path(page), '/login');
});
