// A pupil answers on a phone, with the virtual keyboard of the math field.

import { ok } from 'node:assert/strict';
import { mathField, openChallenge, pupil, verdict, waitForText } from '../lib/answers.mjs';
import { inspect } from '../lib/checks.mjs';
import { photograph } from '../lib/look.mjs';
import { looks, story } from '../lib/story.mjs';

await story(async () => {
  const page = await pupil('Eve', { viewport: { width: 375, height: 740 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 });
  await openChallenge(page, 'Roots inside roots');
  await mathField(page, 0).tap();
  const keyboard = page.locator('.ML__keyboard.is-visible');
  const key = (label) => keyboard.locator('.MLK__layer.is-visible .MLK__keycap').filter({ hasText: new RegExp(`^\\s*[${label}]`) }).first();
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await key('2').waitFor();
    await inspect(page, `keyboard (${colorScheme})`);
    await photograph(page, `keyboard.phone-${colorScheme}`, { fullPage: false });
    looks.push(`keyboard-${colorScheme}`);
  }
  ok(await mathField(page, 0).evaluate((it) => it.getBoundingClientRect().bottom < innerHeight - window.mathVirtualKeyboard.boundingRect.height),
    'the field is above the keyboard');

  for (const label of ['2', '+', '7']) await key(label).tap();
  await page.getByRole('button', { name: 'Answer' }).first().tap();
  await waitForText(verdict(page, 0), /That is not right yet.*We read your answer as 2\s*\+\s*7/);
  await photograph(page, 'answered.phone', { fullPage: false });
});
