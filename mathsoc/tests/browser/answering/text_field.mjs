// A pupil switches to the text field and back. A draft survives a reload.

import { equal, match } from 'node:assert/strict';
import { latex, openChallenge, pupil, textField, type, verdict, waitForText } from '../lib/answers.mjs';
import { isFocused } from '../lib/forms.mjs';
import { look } from '../lib/look.mjs';
import { story } from '../lib/story.mjs';

await story(async () => {
  const page = await pupil('Ada');
  await openChallenge(page, 'First to throw a six');
  await type(page, 0, '6/11');
  await page.getByRole('button', { name: 'Write as text' }).first().click();
  equal(await isFocused(textField(page, 0)), true);
  await page.reload();
  match(await textField(page, 0).inputValue(), /6.*11/, 'a draft survives a reload');
  await look(page, 'as-text');
  await page.getByRole('textbox', { name: 'The probability that Chloe wins' }).fill('25/91');
  await page.getByRole('button', { name: 'Write as on paper' }).last().click();
  equal(await latex(page, 1), '\\frac{25}{91}');
  equal(await textField(page, 1).isVisible(), false);
  await page.getByRole('button', { name: 'Answer' }).last().click();
  await waitForText(verdict(page, 1), 'That is right.');
});
