// Pages that links of the site lead to, beginning with the front page.

import { given } from './story.mjs';

// Calls `visit` with every path, three at a time. It resolves to the links of the page.
export async function crawl(visit) {
  const seen = new Set(['/']);
  for (let wave = ['/']; wave.length > 0;) {
    const next = [];
    await each(wave, async (path) => {
      for (const link of await visit(path)) if (!seen.has(link)) next.push(link), seen.add(link);
    });
    wave = next;
  }
  return [...seen].sort();
}

// The site's own links, without fragments. Every page has a log-in link with a query of its own.
export async function linksOf(page) {
  const links = await page.evaluate(() => [...document.links].map((link) => link.href));
  return links.filter((link) => link.startsWith(`${given.site}/`))
    .map((link) => link.slice(given.site.length).split(/#|(?<=\/login)\?/)[0]);
}

// One path for each kind of page: paths that differ in numbers only are one kind.
export const onePerKind = (paths) => [...new Map(paths.map((path) => [path.replace(/\d+/g, 'N'), path])).values()];

export async function each(items, visit) {
  const queue = [...items];
  await Promise.all([1, 2, 3].map(async () => { while (queue.length > 0) await visit(queue.shift()); }));
}
