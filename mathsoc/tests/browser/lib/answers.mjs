// Answer boxes of a challenge: the math field, the text field beneath it, and the verdicts.

import { ok } from 'node:assert/strict';
import { member } from './accounts.mjs';

// Registers a pupil with this first name, and logs in.
export const pupil = (name, options) => member({ name, email: `${name.toLowerCase()}@school.example` }, options);

// Opens the challenge with this title from the list of challenges.
export async function openChallenge(page, title) {
  await page.goto('/challenges');
  while (await page.getByRole('link', { name: title, exact: true }).count() === 0) {
    await page.getByRole('link', { name: 'Older' }).click();
  }
  await page.getByRole('link', { name: title, exact: true }).click();
  await page.waitForURL(/\/challenges\/\d+$/);
  await page.evaluate(() => { window.isSamePage = true; });
}

// The page has not been loaded again since `openChallenge`.
export const assertSamePage = async (page) => ok(await page.evaluate(() => window.isSamePage), 'the page is not loaded again');

export const box = (page, n) => page.locator('.answers li').nth(n);
export const mathField = (page, n) => box(page, n).locator('math-field');
export const textField = (page, n) => box(page, n).locator('input[name=answer]');
export const verdict = (page, n) => box(page, n).locator('.verdict');
export const latex = (page, n) => mathField(page, n).evaluate((it) => it.value);

export async function focusMathField(page, n) {
  await mathField(page, n).click();
  // MathLive moves the focus in a later task.
  await waitForFocus(mathField(page, n), page);
}

export const waitForFocus = (locator, page) => locator.and(page.locator(':focus')).waitFor();

// Replaces the content of the math field, by keyboard.
export async function type(page, n, text) {
  await focusMathField(page, n);
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type(text);
}

// Waits until the element has this text.
export async function waitForText(locator, pattern) {
  await locator.filter({ hasText: pattern }).waitFor().catch(async () => {
    throw new Error(`${pattern} is missing in: ${await locator.allTextContents()}`);
  });
}
