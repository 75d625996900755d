// A member sets up an authenticator app, and logs in with its code and with a recovery code.

import { deepEqual, equal } from 'node:assert/strict';
import { WILHELMINA, logIn, member } from '../lib/accounts.mjs';
import { path, send } from '../lib/forms.mjs';
import { look } from '../lib/look.mjs';
import { autocompletes } from '../lib/passwords.mjs';
import { story, visitor } from '../lib/story.mjs';
import { totp } from '../lib/totp.mjs';

await story(async () => {
  const page = await member(WILHELMINA);
  await page.goto('/profile/second_factor');
  deepEqual(await autocompletes(page), ['text one-time-code']);
  await look(page, 'second-factor');
  const secret = await page.locator('.secret').textContent();
  equal(await send(page, { Code: 'abc' }, 'Use this app'), 422);
  equal(await page.locator('.secret').textContent(), secret, 'a wrong code keeps the secret');
  await look(page, 'second-factor-wrong');
  equal(await send(page, { Code: totp(secret) }, 'Use this app'), 200);
  equal(await page.locator('.codes li').count(), 10);
  const recovery = await page.locator('.codes li').first().textContent();
  await look(page, 'recovery-codes');
  await page.goto('/profile/second_factor');
  await look(page, 'second-factor-on');
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.waitForURL('/');
  await page.goto('/profile');
  equal(path(page), '/login');

  equal(await logIn(page, WILHELMINA.email), 303);
  equal(path(page), '/login/code');
  deepEqual(await autocompletes(page), ['text one-time-code']);
  await look(page, 'login-code');
  equal(await send(page, { Code: '12' }, 'Go on'), 422);
  await look(page, 'login-code-wrong');
  // A code is valid once. The site accepts the code of the next time step.
  equal(await send(page, { Code: totp(secret, 1) }, 'Go on'), 303);
  equal(path(page), '/');

  const other = await visitor();
  equal(await logIn(other, WILHELMINA.email), 303);
  equal(await send(other, { Code: recovery }, 'Go on'), 303);
});
