// Without script, a page of each kind has a heading, content and navigation.

import { crawl, each, linksOf, onePerKind } from '../lib/crawl.mjs';
import { found } from '../lib/findings.mjs';
import { anotherPage, story, visitor } from '../lib/story.mjs';

await story(async () => {
  const first = await visitor();
  const visited = await crawl(async (path) => {
    const page = await anotherPage(first);
    await page.goto(path);
    const links = await linksOf(page);
    await page.close();
    return links;
  });
  await each(onePerKind(visited), async (path) => {
    const page = await anotherPage(first);
    await page.goto(path);
    for (const part of ['h1', 'main', 'nav a']) {
      if (await page.locator(part).count() === 0) found(path, `has no ${part} without script`);
    }
    await page.close();
  });
  return { visited };
});
