// Accounts, as stories need them before they begin.

import { equal } from 'node:assert/strict';
import { linkTo } from './mail.mjs';
import { fill, press, send } from './forms.mjs';
import { given, visitor } from './story.mjs';

export const ADMIN = { name: 'Grace', email: 'grace@school.example', password: 'seven silver trains hum at dusk' };
export const PASSWORD = 'nine purple herons juggle';
// A name at the limit of what a page has to fit in.
export const WILHELMINA = { name: 'Wilhelmina Featherstonehaugh-Cholmondeley de la Pole', email: 'wilhelmina@school.example' };

// Makes the first admin by the set-up link. The page is logged in afterwards.
export async function firstAdmin(options) {
  const page = await visitor(options);
  await page.goto(setUpPath());
  const { name, email, password } = ADMIN;
  equal(await send(page, { 'Your name': name, 'E-mail address': email, Password: password }, 'Make the first admin'), 303);
  return page;
}

export const setUpPath = () => new URL(given.setUp).pathname;

// Registers a pupil, who opens the link and chooses a password; that logs in.
export async function member({ name, email }, options) {
  const page = await visitor(options);
  await page.goto('/register');
  const fields = { 'Your name': name, 'E-mail address': email, 'School year': '9' };
  equal(await send(page, fields, 'Send me a letter'), 200);
  await page.goto(await linkTo(email, 'verify_email'));
  equal(await send(page, { Password: PASSWORD }, 'Make my account'), 303);
  return page;
}

// Sends the log-in form. Returns the status of the response.
export async function logIn(page, email, password = PASSWORD) {
  await page.goto('/login');
  await fill(page, { 'E-mail address': email, Password: password });
  return press(page, 'Log in');
}
