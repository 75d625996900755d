// How a page that is open looks on a desk and on a phone, light and dark, and on the narrowest phone.

import { inWidth, inspect } from './look.mjs';

const views = [
  { name: 'desktop', width: 1280, height: 900 },
  { name: 'phone', width: 375, height: 740 },
].flatMap((size) => ['light', 'dark'].map((colorScheme) => ({ ...size, colorScheme })));

export async function inEveryView(page, name, picture) {
  for (const { name: size, width, height, colorScheme } of views) {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme });
    await inspect(page, `${name} (${size}, ${colorScheme})`);
    await picture(page, `${name}.${size}-${colorScheme}`);
  }
  // A desk at 400 % is as narrow.
  await page.setViewportSize({ width: 320, height: 640 });
  await inWidth(page, `${name} (narrow)`);
  await page.setViewportSize(views[0]);
  await page.emulateMedia({ colorScheme: 'light' });
}
