// An admin awards points to a pupil, takes some away, and deletes and restores an award.

import { equal, match } from 'node:assert/strict';
import { firstAdmin } from '../lib/accounts.mjs';
import { follow, notice, press, send } from '../lib/forms.mjs';
import { look } from '../lib/look.mjs';
import { story } from '../lib/story.mjs';

const PUPIL = { Name: 'Emmy Noether', 'E-mail address': 'emmy@school.example', Year: '8' };
const AWARD = { Pupil: PUPIL.Name, Points: '+3', Reason: 'The best question of the evening, asked twice', 'Counts for': 'KS4' };

await story(async () => {
  const page = await firstAdmin();
  await page.goto('/admin/users/new');
  equal(await send(page, PUPIL, 'Make the account'), 303);
  await page.goto('/admin/users?q=emmy');
  await follow(page, PUPIL.Name);
  await follow(page, 'Give or take points');
  await look(page, 'new-award');
  equal(await send(page, { Pupil: 'Emmy', Points: 'some' }, 'Save'), 422);
  match(await page.locator('#pupil-error').textContent(), /Did you mean Emmy Noether/);
  await look(page, 'new-award-wrong');
  equal(await send(page, AWARD, 'Save'), 303);
  match(await notice(page), /has \+3 for “The best question/);
  await page.goto('/admin/awards/new');
  equal(await send(page, { ...AWARD, Points: '-1', Reason: 'Talked through the proof', 'Counts for': '' }, 'Save'), 303);
  await follow(page, `${PUPIL.Name}, −1`);
  await look(page, 'award');
  equal(await send(page, { Points: '-2' }, 'Save'), 303);
  await follow(page, `Delete ${PUPIL.Name}, −2`);
  await look(page, 'delete-award');
  equal(await press(page, 'Delete it'), 303);
  await look(page, 'awards');
  equal(await press(page, /^Put it back/), 303);
  match(await notice(page), /is back/);
  await page.getByRole('searchbox', { name: 'Name or address of a pupil' }).fill(PUPIL['E-mail address']);
  equal(await press(page, 'Search'), 200);
  match(page.url(), /\/admin\/awards\?q=/);
  equal(await page.locator('.managed li').count(), 2);
  await page.goto('/admin/awards?q=nobody');
  await look(page, 'awards-none');
  await page.goto('/admin/users?q=emmy');
  await follow(page, PUPIL.Name);
  await look(page, 'user-with-awards');
});
