// The Trusted Types policy rejects hostile markup on a page with a math field. Other pages have no
// policy and reject all markup.

import { deepEqual } from 'node:assert/strict';
import { mathField, openChallenge, pupil } from '../lib/answers.mjs';
import { story } from '../lib/story.mjs';

const HOSTILE = [
  '<img src="/none" onerror="window.injected = true">', '<span onclick="1">', '<iframe srcdoc="x">', '<a href="javascript:1">x</a>',
  '<span a="b"/onclick=1>', '<span a=b/c="><img src=x onerror=1>">', '<svg><script>1</script></svg>',
  '<svg><use href="/evil.svg#x"/></svg>', '<math><mi xlink:href="javascript:1">x</mi></math>', '<!--><img src=x onerror=1>-->',
  '<b class=a\u00a0title="x onclick=1 y">z</b>', '<b class=\u00a0"x onclick=1 y">z</b>',
];
const HARMLESS = '<span class="a">1 &lt; 2</span>';

// Returns the strings that the page lets a script write as markup.
const written = (page) => page.evaluate((all) => all.filter((markup) => {
  try {
    document.createElement('div').innerHTML = markup;
    return true;
  } catch {
    return false;
  }
}), [...HOSTILE, HARMLESS]);

await story(async () => {
  const page = await pupil('Eve');
  await openChallenge(page, 'Roots inside roots');
  await mathField(page, 0).waitFor();
  page.removeAllListeners('console'); // the policy and the browser log every rejection
  deepEqual(await written(page), [HARMLESS]);
  await page.goto('/about');
  deepEqual(await written(page), []);
});
