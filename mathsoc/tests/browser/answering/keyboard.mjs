// A pupil answers with the Tab key alone: into the math field, out of it, and to the button.

import { match } from 'node:assert/strict';
import { mathField, openChallenge, pupil, verdict, waitForFocus, waitForText } from '../lib/answers.mjs';
import { story } from '../lib/story.mjs';

await story(async () => {
  const page = await pupil('Ada');
  await openChallenge(page, 'A chord and a ring');
  await mathField(page, 0).waitFor();
  await page.locator('.back a').focus();
  await page.keyboard.press('Tab');
  await waitForFocus(mathField(page, 0), page);
  const label = await mathField(page, 0).evaluate((it) => it.shadowRoot.querySelector('[role=textbox]').ariaLabel ?? '');
  match(label, /area of the ring/, 'the math field has the label of its box');
  await page.keyboard.type('25pi');
  await page.keyboard.press('Tab');
  await waitForFocus(page.getByRole('button', { name: 'Answer' }), page);
  await page.keyboard.press('Enter');
  await waitForText(verdict(page, 0), 'three points for you');
});
