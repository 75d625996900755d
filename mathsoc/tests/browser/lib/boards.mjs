// Leaderboards of a class, which the Rust test has put into the database.

import { equal } from 'node:assert/strict';
import { logIn } from './accounts.mjs';
import { given, hasScript, visitor } from './story.mjs';

// Two challenges with their answers: one for all pupils, and one of a competition.
export const [plain, sprint] = JSON.parse(given.challenges);

export async function classmate(name, options) {
  const page = await visitor(options);
  equal(await logIn(page, `${name}@school.example`, given.password), 303);
  return page;
}

// Solves the challenge.
export async function solve(page, { challenge, boxes }) {
  for (const [id, text] of boxes) {
    await page.goto(`/challenges/${challenge}`);
    if (hasScript(page)) {
      await page.locator(`#box-${id} math-field`).click();
      // MathLive moves the focus in a later task.
      await page.locator(`#box-${id} math-field:focus`).waitFor();
      await page.keyboard.type(text);
      await page.keyboard.press('Enter');
    } else {
      await page.locator(`#answer-${id}`).fill(text);
      await page.locator(`#box-${id} button`).click();
    }
    await page.locator(`#box-${id} .verdict.right`).waitFor();
  }
}

export async function openLive(page, path) {
  await page.goto(path);
  await waitUntilLive(page);
}

export const waitUntilLive = (page) => page.locator('.live[data-state="on"]').waitFor();
export const row = (page, board, name) => page.locator(`[data-board="${board}"] tr`, { hasText: name });
export const cells = async (page, board, name) => (await row(page, board, name).locator('td').allTextContents()).map(Number);
export const waitForAnnouncement = (page, text) => page.locator('.live [role="status"]', { hasText: text }).waitFor({ state: 'attached' });
