// Twenty-eight pupils of two schools, imported by the first admin.

import { equal } from 'node:assert/strict';
import { firstAdmin } from './accounts.mjs';
import { fill, press, send } from './forms.mjs';
import { linkTo } from './mail.mjs';
import { visitor } from './story.mjs';

export const SCHOOL = 'Upton Court Grammar School for Girls and Boys';
const NAMES = ['Ada Lovelace', 'Wilhelmina Featherstonehaugh-Cholmondeley de la Pole', 'Zoë Ångström', 'Emmy Noether', 'Srinivasa Ramanujan',
  'Sofia Kovalevskaya', 'Kim', 'Alan Turing', 'Maryam Mirzakhani', 'Évariste Galois', 'Katherine Johnson', 'Leonhard Euler', 'Niels Abel',
  'Sophie Germain', 'George Boole', 'Paul Erdős', 'Julia Robinson', 'Carl Gauss', 'Hypatia', 'Euclid', 'Bernhard Riemann', 'Mary Somerville',
  'Felix Klein', 'Grace Chisholm Young', 'David Hilbert', 'Georg Cantor', 'Ivan Petrov', 'Omar Khayyam'];
const ROWS = NAMES.map((name, n) => `${name},${address(n)},${n % 5 === 4 ? SCHOOL : ''},${n % 9 === 8 ? '' : 7 + n % 7}`);
// An existing account, two rows with bad addresses or names, an unknown school, and a duplicate.
const FAULTY = ['Grace,grace@school.example,,', 'Nobody,nowhere,,', ',a@b.example,,', 'Bob,bob@b.example,Eton,', 'Ada again,pupil.number0@marlow.example,,9'];
export const LIST = ['name,email,school,year', ...ROWS, ...FAULTY].join('\n');
export const PASSWORD = 'nine purple herons juggle';

export function address(n) {
  return `pupil.number${n}@marlow.example`;
}

export async function adminWithSchools(options) {
  return addSchools(await firstAdmin(options));
}

async function addSchools(page) {
  for (const [name, domain] of [['Marlow Bridge Juniors', 'marlow.example'], [SCHOOL, '']]) {
    await page.goto('/admin/schools/new');
    equal(await send(page, { Name: name, 'E-mail domain': domain }, 'Save'), 303);
  }
  return page;
}

// The admin has imported the list. The open page is the list of users.
export async function adminWithPupils(options) {
  return addPupils(await firstAdmin(options));
}

export async function addPupils(page) {
  await addSchools(page);
  await page.goto('/admin/users/import');
  await fill(page, { 'The list': LIST });
  equal(await press(page, 'Try it out'), 200);
  equal(await press(page, 'Make these 28 accounts'), 303);
  return page;
}

// Ada chooses a password by the link of her welcome e-mail, which logs her in.
export async function ada(check = async () => {}) {
  const page = await visitor();
  await page.goto(await linkTo(address(0), 'welcome'));
  await check(page);
  equal(await send(page, { Password: PASSWORD }, 'Keep this password'), 303);
  return page;
}
