// Hostile HTML in a real browser, as it was written and as it was cleaned: what runs, and what is asked for. Nothing leaves this
// process, which answers every request itself. Prints one JSON line: how many vectors did something as they were written, and of
// what was cleaned, every one that did anything.
//
//   node sanitizer.mjs <file with [{ html, cleaned: { kind: html } }]>

import { readFileSync } from 'node:fs';
import { launch } from './look.mjs';

const vectors = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const site = 'https://site.example';
// Many side by side, each in a frame of its own: none is swallowed by what another left open.
const TOGETHER = 40;
// It only reports what it would stop, so that what runs does run.
const POLICY = "script-src 'none' 'report-sample'; style-src 'none'; base-uri 'none'; object-src 'none'; frame-src 'none'; form-action 'none'";

// Stands in every frame before anything else, in frames that a vector makes too: tells what is called, and what a strict policy
// would stop.
function watch() {
  const tell = window.report;
  const told = (what) => void tell(String(what).slice(0, 200));
  if (window === top) return;
  const DONE = 'was looked at';
  const called = (name) => (...given) => told(`calls ${name}(${given})`);
  for (const name of ['run', 'steal', 'alert', 'prompt', 'confirm', 'print', 'open', 'fetch']) window[name] = called(name);
  for (const name of ['log', 'warn', 'error', 'info']) console[name] = called(`console.${name}`);
  document.write = called('document.write');
  document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI, sample }) => {
    told(`breaks ${effectiveDirective}: ${sample || blockedURI}`);
  }, { capture: true });
  if (window.parent !== top) return told('is a frame of its own');
  // A link that leads away is somebody's own choice, and the browser shows where to. One that leads to a script is not.
  document.addEventListener('click', (event) => {
    const link = event.composedPath().find((it) => it.localName === 'a');
    if (link && /^(https?|mailto):$/.test(link.protocol)) event.preventDefault();
  }, { capture: true });
  addEventListener('message', ({ data }) => { if (data === 'touch') touch(); });

  // Whatever somebody could do with it. Once more as a page's own script would copy it: read, written, and read again.
  function touch() {
    const all = () => [...document.querySelectorAll('*')].filter((it) => it.localName !== 'script');
    const events = ['mouseover', 'mousemove', 'mousedown', 'mouseup', 'focus', 'blur', 'keydown', 'input', 'change', 'toggle', 'wheel',
      'pointerenter', 'dblclick', 'contextmenu'];
    const touched = () => {
      for (const element of all()) {
        for (const name of events) element.dispatchEvent(new Event(name, { bubbles: true, cancelable: true }));
        if (element.click) element.click();
        else element.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }));
      }
    };
    touched();
    const copy = document.createElement('div');
    copy.innerHTML = document.querySelector('#vector')?.innerHTML ?? '';
    const again = document.createElement('div');
    again.innerHTML = copy.innerHTML;
    document.body?.append(copy, again);
    touched();
    told(DONE);
  }
}

// What each of these does in the browser, as a list of sentences.
async function seen(pieces) {
  const context = await browser.newContext({ baseURL: site, serviceWorkers: 'block' });
  const did = pieces.map(() => new Set());
  // What a page does around the frames, which none of them may.
  const around = new Set();
  const of = (frame) => {
    while (frame?.parentFrame()?.parentFrame()) frame = frame.parentFrame();
    return (frame?.parentFrame() && did[frame.name()]) || around;
  };
  await context.exposeBinding('report', ({ frame }, what) => { of(frame).add(what); });
  await context.addInitScript(watch);
  await context.route('**/*', (route) => {
    const request = route.request();
    const url = new URL(request.url());
    const [, place, at] = /^\/(together|vector)\/(\d+)$/.exec(url.origin === site ? url.pathname : '') ?? [];
    if (place === 'together') {
      const frames = pieces.slice(at, Number(at) + TOGETHER).map((_, n) => `<iframe name="${Number(at) + n}" src="/vector/${Number(at) + n}"></iframe>`);
      return route.fulfill({ contentType: 'text/html', body: `<!doctype html><title>Together</title>${frames.join('')}` });
    }
    if (place === 'vector') {
      const headers = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy-report-only': POLICY };
      return route.fulfill({ headers, body: `<!doctype html><div id=vector>${pieces[at]}</div>` });
    }
    // A picture of the site is what a text may have. Whatever else is asked for, here or elsewhere, is not.
    if (url.origin !== site || request.resourceType() !== 'image') of(whose(request)).add(`asks for ${request.resourceType()} ${request.url().slice(0, 120)}`);
    return route.abort();
  });
  for (let first = 0; first < pieces.length; first += TOGETHER) {
    const tab = await context.newPage();
    tab.on('dialog', (dialog) => dialog.dismiss());
    // A frame that keeps on loading is no reason to wait.
    await tab.goto(`/together/${first}`, { timeout: 8_000 }).catch(() => {});
    await tab.evaluate(async () => {
      for (const frame of document.querySelectorAll('iframe')) frame.contentWindow.postMessage('touch', '*');
      // What was put in by script is loaded by then, or has failed to.
      for (let turn = 0; turn < 12; turn += 1) await new Promise((next) => requestAnimationFrame(next));
    });
    await tab.close();
  }
  await context.close();
  return { did: did.map((what) => [...what]), around: [...around] };
}

// Of a page that is about to be, there is no frame yet.
function whose(request) {
  try {
    return request.frame();
  } catch {
    return null;
  }
}

const browser = await launch();
const raw = (await seen(vectors.map(({ html }) => html))).did;
const kinds = Object.keys(vectors[0].cleaned);
const findings = [];
await Promise.all(kinds.map(async (kind) => {
  const { did, around } = await seen(vectors.map(({ cleaned }) => cleaned[kind]));
  did.forEach((what, at) => {
    // Nothing is what it does, and that is what was seen of it, not that nobody has looked.
    if (what.join() !== 'was looked at') findings.push(`${kind}: ${vectors[at].html}\n  became ${vectors[at].cleaned[kind]}\n  which ${what.join('; ')}`);
  });
  findings.push(...around.map((what) => `${kind}: one of them ${what}`));
}));
await browser.close();
const that = (begins) => raw.filter((did) => did.some((what) => begins.test(what))).length;
console.log(JSON.stringify({ findings, pages: kinds, run: that(/^calls /), ask: that(/^asks /), harm: that(/^(?!was looked at)/) }));
