// A pupil registers, opens the link in the letter, and chooses a password there.

import { equal, match } from 'node:assert/strict';
import { PASSWORD, WILHELMINA, logIn } from '../lib/accounts.mjs';
import { heading, path, send } from '../lib/forms.mjs';
import { look } from '../lib/look.mjs';
import { linkTo } from '../lib/mail.mjs';
import { story, visitor } from '../lib/story.mjs';

await story(async () => {
  const { name, email } = WILHELMINA;
  const page = await visitor();
  await page.goto('/register');
  await look(page, 'register');
  equal(await send(page, { 'Your name': '', 'E-mail address': 'ada@' }, 'Send me a letter'), 422);
  await look(page, 'register-wrong');
  const invalid = await page.locator('[aria-invalid]').all();
  equal(invalid.length, 2);
  for (const field of invalid) {
    const ids = (await field.getAttribute('aria-describedby')).split(' ');
    match(await page.locator(`#${ids[0]}`).textContent(), /\w/, 'the field is described by its error');
  }
  equal(await send(page, { 'Your name': name, 'E-mail address': email, 'School year': '9' }, 'Send me a letter'), 200);
  equal(await heading(page), 'Look into your mail');
  await look(page, 'register-letter');

  equal(await logIn(page, email), 422, 'there is no account before the link is opened');
  await page.goto(await linkTo(email, 'verify_email'));
  await look(page, 'register-password');
  equal(await send(page, { Password: 'password' }, 'Make my account'), 422);
  await look(page, 'register-password-wrong');
  equal(await send(page, { Password: PASSWORD }, 'Make my account'), 303);
  equal(path(page), '/');
  await look(page, 'registered');
});
