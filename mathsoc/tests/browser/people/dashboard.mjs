// The dashboard counts the answers of a pupil, and exports the users.

import { equal, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { firstAdmin } from '../lib/accounts.mjs';
import { look } from '../lib/look.mjs';
import { ada, addPupils } from '../lib/people.mjs';
import { story } from '../lib/story.mjs';

await story(async () => {
  const page = await firstAdmin();
  await page.goto('/admin');
  await look(page, 'dashboard-empty');
  await addPupils(page);
  const pupil = await ada();
  await pupil.goto('/challenges');
  await pupil.locator('main .card a').first().click();
  for (const answer of ['1/7', '2/7']) {
    await pupil.locator('main math-field').first().click();
    // MathLive moves the focus in a later task.
    await pupil.locator('main math-field:focus').waitFor();
    await pupil.keyboard.press('Control+A');
    await pupil.keyboard.type(answer);
    const response = pupil.waitForResponse((it) => it.request().method() === 'POST');
    await pupil.keyboard.press('Enter');
    equal((await response).status(), 200);
  }
  await page.goto('/admin');
  await page.locator('.panel summary').click();
  await look(page, 'dashboard');
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Users' }).last().click();
  const file = readFileSync(await (await download).path(), 'utf8');
  ok(file.startsWith('\uFEFF"id","name"') && file.includes('"Zoë Ångström"'), file.slice(0, 200));
});
