// Other origins cannot open a WebSocket with a member's cookies, or read the member's pages.

import { match, rejects } from 'node:assert/strict';
import { firstAdmin } from '../lib/accounts.mjs';
import { ORIGINS, attempts } from '../lib/foreign.mjs';
import { given, story } from '../lib/story.mjs';

await story(async () => {
  const own = await firstAdmin();
  for (const origin of Object.keys(ORIGINS)) {
    const page = await own.context().newPage();
    await page.goto(ORIGINS[origin]);
    for (const path of ['/logout', '/profile/edit', '/']) {
      const label = `WebSocket to ${path} from ${origin}`;
      const error = page.waitForEvent('websocket').then((it) => it.waitForEvent('socketerror'));
      await page.evaluate((url) => void new WebSocket(url), given.site.replace('http:', 'ws:') + path);
      match(await error, /403/, label);
      attempts.push(label);
    }
    const read = page.evaluate((url) => fetch(url, { credentials: 'include' }), `${given.site}/profile/edit`);
    await rejects(read, /Failed to fetch/, 'no other origin reads the token');
    await page.close();
  }
  return { attempts };
});
