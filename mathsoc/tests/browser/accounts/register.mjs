// A pupil registers and has to verify the e-mail address before the first log-in.

import { equal, match } from 'node:assert/strict';
import { PASSWORD, WILHELMINA, logIn } from '../lib/accounts.mjs';
import { heading, path, press, send } from '../lib/forms.mjs';
import { look } from '../lib/look.mjs';
import { linkTo } from '../lib/mail.mjs';
import { story, visitor } from '../lib/story.mjs';

await story(async () => {
  const { name, email } = WILHELMINA;
  const page = await visitor();
  await page.goto('/register');
  await look(page, 'register');
  equal(await send(page, { 'Your name': '', 'E-mail address': 'ada@', Password: 'password' }, 'Make my account'), 422);
  await look(page, 'register-wrong');
  const invalid = await page.locator('[aria-invalid]').all();
  equal(invalid.length, 3);
  for (const field of invalid) {
    const ids = (await field.getAttribute('aria-describedby')).split(' ');
    match(await page.locator(`#${ids[0]}`).textContent(), /\w/, 'the field is described by its error');
  }
  const fields = { 'Your name': name, 'E-mail address': email, 'School year': '9', Password: PASSWORD };
  equal(await send(page, fields, 'Make my account'), 200);
  equal(await heading(page), 'Look into your mail');
  await look(page, 'register-letter');

  equal(await logIn(page, email), 200);
  equal(await heading(page), 'One more step', 'an unverified address cannot log in');
  await look(page, 'login-unverified');
  await page.goto(await linkTo(email, 'verify_email'));
  await look(page, 'verify');
  equal(await press(page, 'Yes, it is mine'), 303);
  equal(path(page), '/login');
  await look(page, 'login-verified');
  equal(await logIn(page, email), 303);
});
