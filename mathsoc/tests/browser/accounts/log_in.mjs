// A member logs in: password managers, the button that shows the password, a wrong password, and
// the keyboard alone.

import { deepEqual, equal } from 'node:assert/strict';
import { PASSWORD, WILHELMINA, logIn, member } from '../lib/accounts.mjs';
import { look } from '../lib/look.mjs';
import { autocompletes } from '../lib/passwords.mjs';
import { story, visitor } from '../lib/story.mjs';

await story(async () => {
  const { email } = WILHELMINA;
  await member(WILHELMINA);
  const page = await visitor();
  await page.goto('/login');
  deepEqual(await autocompletes(page), ['email username', 'password current-password', 'checkbox ']);
  await page.getByRole('button', { name: 'Show the password' }).click();
  equal(await page.getByLabel('Password', { exact: true }).getAttribute('type'), 'text');
  await look(page, 'login-shown');
  await page.getByRole('button', { name: 'Hide the password' }).click();
  equal(await page.getByLabel('Password', { exact: true }).getAttribute('type'), 'password');

  equal(await logIn(page, email, 'not my password at all'), 422);
  await look(page, 'login-wrong');

  await page.goto('/login');
  const order = [];
  while (order.at(-1) !== 'Log in' || order.length < 8) {
    await page.keyboard.press('Tab');
    order.push(await page.evaluate(() => {
      const at = document.activeElement;
      return at.labels?.[0]?.textContent || at.ariaLabel || at.textContent.trim();
    }));
    if (order.at(-1) === 'E-mail address') await page.keyboard.type(email);
    if (order.at(-1) === 'Password') await page.keyboard.type(PASSWORD);
  }
  equal(order[0], 'Skip to the content');
  deepEqual(order.slice(order.indexOf('E-mail address')),
    ['E-mail address', 'Password', 'Show the password', 'Keep me logged in on this device', 'Log in']);
  await page.keyboard.press('Enter');
  await page.waitForURL('/');
  await look(page, 'home-logged-in');
});
