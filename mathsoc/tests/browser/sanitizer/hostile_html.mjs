// Hostile HTML in Chromium, before and after the sanitizer. Every vector that does something after
// the sanitizer is a finding. The report counts the vectors that do something before it: a test
// that sees nothing there would see nothing after it either.
//
// This script responds to every request itself, so nothing leaves the machine.

import { readFileSync } from 'node:fs';
import { found } from '../lib/findings.mjs';
import { given, looks, newContext, story } from '../lib/story.mjs';

// A list of { html, cleaned: { preset: html } }.
const vectors = JSON.parse(readFileSync(given.vectors, 'utf8'));
const site = 'https://site.example';
// The action of a frame in which `touch` has run to its end.
const DONE = 'was checked';
// The vectors of one page. Each is in a frame of its own, so that no open tag reaches another one.
const TOGETHER = 40;
// Reports violations and blocks nothing, so that scripts run.
const POLICY = "script-src 'none' 'report-sample'; style-src 'none'; base-uri 'none'; object-src 'none'; frame-src 'none'; form-action 'none'";

// Runs in every frame before its other scripts, in frames of the vectors too. It reports calls of
// functions that vectors use, and CSP violations.
function watch() {
  const send = window.report;
  const report = (what) => void send(String(what).slice(0, 200));
  if (window === top) return;
  const called = (name) => (...given) => report(`calls ${name}(${given})`);
  for (const name of ['run', 'steal', 'alert', 'prompt', 'confirm', 'print', 'open', 'fetch']) window[name] = called(name);
  for (const name of ['log', 'warn', 'error', 'info']) console[name] = called(`console.${name}`);
  document.write = called('document.write');
  document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI, sample }) => {
    report(`breaks ${effectiveDirective}: ${sample || blockedURI}`);
  }, { capture: true });
  if (window.parent !== top) return report('is a frame of its own');
  // A link to another page is harmless, because the visitor sees its address. A link to a script is
  // followed.
  document.addEventListener('click', (event) => {
    const link = event.composedPath().find((it) => it.localName === 'a');
    if (link && /^(https?|mailto):$/.test(link.protocol)) event.preventDefault();
  }, { capture: true });
  addEventListener('message', ({ data }) => { if (data === 'touch') touch(); });

  // Fires events at every element. Then copies the markup twice by `innerHTML`, as a script of the
  // page would, for mutation XSS.
  function touch() {
    const all = () => [...document.querySelectorAll('*')].filter((it) => it.localName !== 'script');
    const events = ['mouseover', 'mousemove', 'mousedown', 'mouseup', 'focus', 'blur', 'keydown', 'input', 'change', 'toggle', 'wheel',
      'pointerenter', 'dblclick', 'contextmenu'];
    const fireEvents = () => {
      for (const element of all()) {
        for (const name of events) element.dispatchEvent(new Event(name, { bubbles: true, cancelable: true }));
        if (element.click) element.click();
        else element.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }));
      }
    };
    fireEvents();
    const copy = document.createElement('div');
    copy.innerHTML = document.querySelector('#vector')?.innerHTML ?? '';
    const again = document.createElement('div');
    again.innerHTML = copy.innerHTML;
    document.body?.append(copy, again);
    fireEvents();
    report('was checked');
  }
}

// Renders the pieces of HTML. Returns the list of actions of each, and of the page around them.
async function render(pieces) {
  const context = await newContext({ baseURL: site, serviceWorkers: 'block' });
  const did = pieces.map(() => new Set());
  // Actions outside of the frames.
  const around = new Set();
  const actionsOf = (frame) => {
    while (frame?.parentFrame()?.parentFrame()) frame = frame.parentFrame();
    return (frame?.parentFrame() && did[frame.name()]) || around;
  };
  await context.exposeBinding('report', ({ frame }, what) => { actionsOf(frame).add(what); });
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
    // A text may have pictures of the site. Every other request is an action.
    if (url.origin !== site || request.resourceType() !== 'image') actionsOf(frameOf(request)).add(`requests ${request.resourceType()} ${request.url().slice(0, 120)}`);
    return route.abort();
  });
  for (let first = 0; first < pieces.length; first += TOGETHER) {
    const tab = await context.newPage();
    tab.on('dialog', (dialog) => dialog.dismiss());
    // A frame may load for ever.
    await tab.goto(`/together/${first}`, { timeout: 8_000 }).catch(() => {});
    await tab.evaluate(async () => {
      for (const frame of document.querySelectorAll('iframe')) frame.contentWindow.postMessage('touch', '*');
      // Elements that scripts have inserted have loaded or failed after these frames.
      for (let turn = 0; turn < 12; turn += 1) await new Promise((next) => requestAnimationFrame(next));
    });
    await tab.close();
  }
  await context.close();
  return { did: did.map((what) => [...what]), around: [...around] };
}

// A request of a new page has no frame yet.
function frameOf(request) {
  try {
    return request.frame();
  } catch {
    return null;
  }
}

await story(async () => {
  const before = (await render(vectors.map(({ html }) => html))).did;
  const presets = Object.keys(vectors[0].cleaned);
  looks.push(...presets);
  await Promise.all(presets.map(async (preset) => {
    const { did, around } = await render(vectors.map(({ cleaned }) => cleaned[preset]));
    did.forEach((actions, at) => {
      // The frame was checked, and nothing else happened.
      if (actions.join() !== DONE) found(preset, `${vectors[at].html}\n  became ${vectors[at].cleaned[preset]}\n  which ${actions.join('; ')}`);
    });
    for (const action of around) found(preset, `a vector ${action} outside of its frame`);
  }));
  const count = (pattern) => before.filter((did) => did.some((action) => pattern.test(action))).length;
  return { calls: count(/^calls /), requests: count(/^requests /), actions: count(/^(?!was checked)/) };
});
