// Every linked page passes the checks in one view, and a page of each kind in all views.

import { inspect } from '../lib/checks.mjs';
import { crawl, each, linksOf, onePerKind } from '../lib/crawl.mjs';
import { found } from '../lib/findings.mjs';
import { VIEWS, look } from '../lib/look.mjs';
import { anotherPage, story, visitor } from '../lib/story.mjs';

await story(async () => {
  const first = await visitor({ viewport: VIEWS[0] });
  async function open(path, expected = 200) {
    const page = await anotherPage(first);
    const status = (await page.goto(path, { waitUntil: 'load' })).status();
    if (status !== expected) found(path, `status ${status}, not ${expected}`);
    return page;
  }
  const visited = await crawl(async (path) => {
    const page = await open(path);
    await inspect(page, `${path} (${VIEWS[0].name})`);
    const links = await linksOf(page);
    await page.close();
    return links;
  });
  await each([...onePerKind(visited), '/nowhere'], async (path) => {
    const page = await open(path, path === '/nowhere' ? 404 : 200);
    await look(page, path.replace(/[^a-z0-9]+/gi, '-').replace(/^-|-$/g, '') || 'home');
    await page.close();
  });
  return { visited };
});
