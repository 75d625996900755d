// Pasted HTML loses scripts, styles and foreign pictures, and runs nothing.

import { deepEqual, equal, match } from 'node:assert/strict';
import { firstAdmin } from '../lib/accounts.mjs';
import { editable, html } from '../lib/editor.mjs';
import { inspect } from '../lib/checks.mjs';
import { story } from '../lib/story.mjs';

await story(async () => {
  const page = await firstAdmin();
  await page.goto('/admin/articles/new');
  await editable(page).evaluate((element) => {
    const clipboardData = new DataTransfer();
    const hostile = '<img src=/favicon.ico onload="window.pasted=1"><img src=https://evil.example/1.png><style>p { color: red }</style><script>window.pasted=1</' + 'script>';
    clipboardData.setData('text/html', `<p style="position:fixed" onclick="window.pasted=1">Kept <b>bold</b></p>${hostile}`);
    element.focus();
    element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  });
  match(await html(page), /^<p>Kept <strong>bold<\/strong><\/p>/);
  deepEqual((await html(page)).match(/evil|script|style|onclick|onload/g), null);
  equal(await page.evaluate(() => 'pasted' in window), false, 'no pasted script runs');
  await inspect(page, 'paste');
});
