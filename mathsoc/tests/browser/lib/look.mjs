// The checks of an open page on a desktop and a phone, in the light and the dark theme.

import { mkdirSync } from 'node:fs';
import { checkWidth, inspect } from './checks.mjs';
import { given, hasScript, looks } from './story.mjs';

export const VIEWS = [
  { name: 'desktop', width: 1280, height: 900 },
  { name: 'phone', width: 360, height: 740 },
].flatMap((size) => ['light', 'dark'].map((colorScheme) => ({ ...size, colorScheme })));

// Checks the open page in every view. Without script only its width is checked. The report lists
// the name, and the test asserts the list.
export async function look(page, name) {
  looks.push(name);
  const before = given.phone ? page.viewportSize() : VIEWS[0];
  for (const { name: size, width, height, colorScheme } of VIEWS) {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme });
    if (hasScript(page)) await inspect(page, `${name} (${size}, ${colorScheme})`);
    else await checkWidth(page, `${name} (${size}, ${colorScheme})`);
    await photograph(page, `${name}.${size}-${colorScheme}`);
  }
  // WCAG 1.4.10: a desktop at 400 % has this width too.
  await page.setViewportSize({ width: 320, height: 640 });
  await checkWidth(page, `${name} (narrow)`);
  await photograph(page, `${name}.narrow`);
  await page.setViewportSize(before);
  await page.emulateMedia({ colorScheme: 'light' });
}

// Takes a screenshot if the parameters name a folder for screenshots.
export async function photograph(page, name, options) {
  if (!given.screenshots) return;
  mkdirSync(given.screenshots, { recursive: true });
  await page.screenshot({ path: `${given.screenshots}/${name}.png`, fullPage: true, ...options });
}
