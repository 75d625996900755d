// The frame of a story: its parameters, its browser, its visitors and its report.
//
// A script has one story. The tests of `tests/browser.rs` start the site and pass the parameters as
// JSON: `node accounts/register.mjs '{"site": "http://127.0.0.1:8000"}'`. The last line of the
// output is the report, as JSON too.

import { chromium } from 'playwright-core';
import { listen } from './checks.mjs';
import { findings, found } from './findings.mjs';

// site: the origin. setUp: the link for the first admin. outbox: the folder with e-mails.
// script: `false` switches off JavaScript. phone: `true` gives every visitor a phone. screenshots: a folder for pictures, if they are wanted.
export const given = JSON.parse(process.argv[2] ?? '{}');
export const looks = [];
// The window of a visitor; `undefined` is that of a desktop.
const screen = given.phone ? { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true } : {};
export const isSecure = given.site?.startsWith('https:') ?? false;

let browser;
const scriptless = new WeakSet();

// Runs the story in a new browser and prints the report. A story returns what else it reports.
export async function story(run, browserArguments = []) {
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', ...browserArguments],
  });
  try {
    const more = await run(browser);
    console.log(JSON.stringify({ looks, findings, ...more }));
  } catch (error) {
    // The findings often have the cause of the error.
    console.error([...findings, error.stack].join('\n'));
    process.exitCode = 1;
  } finally {
    await browser.close();
  }
}

export async function newContext(options) {
  const context = await browser.newContext({ baseURL: given.site, ignoreHTTPSErrors: isSecure, ...options });
  context.setDefaultTimeout(15_000);
  return context;
}

// Opens a page in a new context, with its own cookies. Everything that goes wrong on it is a
// finding. Animations are off, because axe-core would measure a colour in transition.
export async function visitor(options) {
  const context = await newContext({ javaScriptEnabled: given.script !== false, reducedMotion: 'reduce', ...screen, ...options });
  return newPage(context, options?.javaScriptEnabled ?? given.script !== false);
}

// Opens another page with the same cookies.
export function anotherPage(page) {
  return newPage(page.context(), hasScript(page));
}

async function newPage(context, withScript) {
  const page = await context.newPage();
  page.on('request', (request) => {
    if (!request.url().startsWith(`${given.site}/`)) found(new URL(page.url()).pathname, `requests ${request.url()}`);
  });
  if (withScript) await listen(page);
  else scriptless.add(page);
  return page;
}

export const hasScript = (page) => !scriptless.has(page);
