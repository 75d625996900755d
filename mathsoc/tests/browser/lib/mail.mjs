// E-mails of the site, which it writes as files.

import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { watch } from 'node:fs/promises';
import { given } from './story.mjs';

const opened = new Set();

// Waits for an e-mail to this address with a link of this kind that no one has followed. Returns
// the path of the link. The site renames a file into the folder once it is complete.
export async function linkTo(address, kind) {
  mkdirSync(given.outbox, { recursive: true, mode: 0o700 });
  const watching = new AbortController();
  const deadline = setTimeout(() => watching.abort(new Error(`no e-mail to ${address} with a link /${kind}/`)), 10_000);
  try {
    const changes = watch(given.outbox, { signal: watching.signal });
    for (let change = changes.next(); ; await change, change = changes.next()) {
      change.catch(() => {});
      const link = unopened(address, kind);
      if (link) return link;
    }
  } finally {
    clearTimeout(deadline);
    watching.abort();
  }
}

function unopened(address, kind) {
  for (const name of readdirSync(given.outbox).filter((it) => it.endsWith('.eml') && !opened.has(it))) {
    const letter = readFileSync(`${given.outbox}/${name}`, 'utf8');
    const link = letter.match(new RegExp(`/${kind}/\\S+`));
    if (!letter.includes(`To: ${address}\r\n`) || !link) continue;
    opened.add(name);
    return link[0];
  }
  return null;
}
