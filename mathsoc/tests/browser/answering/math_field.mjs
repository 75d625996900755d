// A pupil answers with the math field by keyboard: typed LaTeX, a wrong answer, an unreadable one,
// and the right ones.

import { equal, ok } from 'node:assert/strict';
import { assertSamePage, box, latex, mathField, openChallenge, pupil, type, verdict, waitForText } from '../lib/answers.mjs';
import { isFocused } from '../lib/forms.mjs';
import { look } from '../lib/look.mjs';
import { story } from '../lib/story.mjs';

await story(async () => {
  const page = await pupil('Ada');
  await openChallenge(page, 'Roots inside roots');
  await mathField(page, 0).waitFor();
  await look(page, 'open');
  // The Rust tests of answers check that the server reads the same LaTeX.
  for (const [typed, expected] of [
    ['x=1 or x=3', 'x=1\\;\\mathrm{or}\\;x=3'],
    ['no solution', '\\text{no solution}'],
    ['1/2 +x', '\\frac12+x'],
    ['x^2+1', 'x^2+1'],
    ['2pi/3', '\\frac{2\\pi}{3}'],
    ['x<=4', 'x\\le4'],
    ['2-sqrt3', '2-\\sqrt3'],
  ]) {
    await type(page, 0, typed);
    equal(await latex(page, 0), expected);
  }
  await look(page, 'typed');

  await page.keyboard.press('Enter');
  await waitForText(verdict(page, 0), /That is not right yet.*We read your answer as/);
  equal(await verdict(page, 0).locator('msqrt').count(), 1, 'the answer is typeset as it was read');
  await waitForText(box(page, 0).locator('.help'), 'You have two tries left.');
  await assertSamePage(page);
  await look(page, 'wrong');

  await type(page, 0, '2+(');
  await page.getByRole('button', { name: 'Answer' }).first().click();
  await waitForText(box(page, 0).getByRole('alert'), /\w/);
  equal(await mathField(page, 0).getAttribute('aria-invalid'), 'true');
  await waitForText(box(page, 0).locator('.help'), 'You have two tries left.');
  await look(page, 'unread');

  await type(page, 0, '2+sqrt3');
  await box(page, 0).locator('math-field:not([aria-invalid])').waitFor();
  await page.keyboard.press('Enter');
  await waitForText(verdict(page, 0), 'That is right.');
  equal(await mathField(page, 0).count(), 0, 'a solved box has no field');
  ok(await isFocused(box(page, 0).locator('.verdicts')), 'the verdict has the focus');
  await type(page, 1, '3-sqrt2');
  await page.keyboard.press('Enter');
  await waitForText(verdict(page, 1), 'you are the first to solve this challenge: three points for you');
  await assertSamePage(page);
  await look(page, 'solved');

  await page.reload();
  equal(await page.locator('math-field').count(), 0);
  await waitForText(verdict(page, 1), 'Right.');
});
