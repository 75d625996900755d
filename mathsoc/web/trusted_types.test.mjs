// Unit tests of the Trusted Types policy. Run them with `npm test`.

import { test } from 'node:test';
import { deepEqual, equal, match } from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { transform } from 'esbuild';

const policies = new Map();
globalThis.trustedTypes = { createPolicy: (name, rules) => policies.set(name, rules) };
const source = await readFile(new URL('trusted_types.ts', import.meta.url), 'utf8');
const { code } = await transform(source, { loader: 'ts', format: 'esm', target: 'es2022' });
const { checkMarkup } = await import(`data:text/javascript,${encodeURIComponent(code)}`);

// Checks the markup, and returns what the console was told.
function check(markup) {
  const logged = [];
  const { error } = console;
  console.error = (line) => logged.push(line);
  try {
    return { result: checkMarkup(markup), logged };
  } finally {
    console.error = error;
  }
}

const ALLOWED = {
  'an empty string': '',
  'text': 'x = 1',
  'character references': '1 &lt; 2 &amp; 3',
  'a less-than sign before a space': 'a < b',
  'a less-than sign before a digit': 'a <2',
  'two less-than signs': 'a << b',
  'a greater-than sign': 'a > b',
  'nested elements': '<span class="ML__latex"><span class="ML__strut" style="height:0.7em"></span>x</span>',
  'single quotes': "<span class='a b'>x</span>",
  'an unquoted value': '<span class=a>x</span>',
  'an attribute without a value': '<div hidden>x</div>',
  'spaces around the equals sign': '<span class = "a">x</span>',
  'every kind of HTML white space': '<span\tclass="a"\nid="b"\ftitle="c"\rlang="d">x</span>',
  'capitals': '<SPAN CLASS="a">x</SPAN>',
  'families of attributes': '<span aria-label="x" data-atom-id="y1">x</span>',
  'a quoted greater-than sign': '<span title="a > b">x</span>',
  'a quoted tag': '<span title="<script>">x</span>',
  'an element that closes itself': '<br/><path d="M0 0h1" />',
  'a comment': '<!-- nothing -->x',
  'an empty comment': '<!---->',
  'MathML': '<math display="block"><mfrac linethickness="0"><mi mathvariant="normal">x</mi><mn>2</mn></mfrac></math>',
  'SVG': '<svg viewBox="0 0 10 10" preserveAspectRatio="xMinYMin"><path stroke-width="1.5" d="M1 1" /></svg>',
  'a drawing of the same page': '<svg><use href="#glyph-1"></use><use xlink:href=\'#glyph-2\'></use></svg>',
};

for (const [what, markup] of Object.entries(ALLOWED)) {
  test(`allows ${what}`, () => deepEqual(check(markup), { result: markup, logged: [] }));
}

const REJECTED = {
  'a script': '<script>1</script>',
  'a script in SVG': '<svg><script>1</script></svg>',
  'a picture': '<img src="/favicon.ico">',
  'a frame': '<iframe srcdoc="x"></iframe>',
  'a style sheet': '<style>p { color: red }</style>',
  'a link': '<a href="javascript:1">x</a>',
  'a form': '<form action="/logout"></form>',
  'a template': '<template><b>x</b></template>',
  'foreign HTML in SVG': '<svg><foreignObject><b>x</b></foreignObject></svg>',
  'foreign HTML in MathML': '<math><annotation-xml encoding="text/html"></annotation-xml></math>',
  'an animation': '<svg><animate attributeName="href"></animate></svg>',
  'an element with a prefix': '<svg:script>1</svg:script>',
  'the closing tag of another element': '</script>',
  'an event handler': '<span onclick="1">x</span>',
  'an event handler without quotes': '<span onclick=1>x</span>',
  'an event handler in capitals': '<span ONCLICK="1">x</span>',
  'an event handler after a slash': '<span class="b"/onclick=1>x</span>',
  'an event handler after a quote': '<span class="b"onclick=1>x</span>',
  'an event handler in a closing tag': '</span onclick=1>',
  'an event handler on a later element': '<span>x</span><b onclick=1>y</b>',
  'an event handler behind U+00A0 in a value': '<b class=a\u00a0title="x onclick=1 y">z</b>',
  'an event handler behind U+00A0 before a value': '<b class=\u00a0"x onclick=1 y">z</b>',
  'an event handler behind U+000B': '<b class=a\u000btitle="x onclick=1 y">z</b>',
  'an event handler behind U+FEFF': '<b class=a\ufefftitle="x onclick=1 y">z</b>',
  'an event handler behind U+2028': '<b class=a\u2028title="x onclick=1 y">z</b>',
  'a quote in an unquoted value': '<span class=b/c="><img src=x onerror=1>">',
  'a backtick in an unquoted value': '<span class=`a onclick=1`>',
  'an equals sign without a name': '<span ="a" onclick=1>',
  'a tag that does not end': '<span class="a"',
  'a value that does not end': '<span class="a>x</span>',
  'a less-than sign at the end': 'x <',
  'a less-than sign in a tag': '<span <b>>',
  'a comment that ends at once': '<!--><img src=x onerror=1>-->',
  'a comment that ends with a dash': '<!---><img src=x onerror=1>-->',
  'a comment that ends with an exclamation mark': '<!-- --!><img src=x onerror=1>-->',
  'a comment that does not end': '<!-- x',
  'a document type': '<!doctype html>',
  'a CDATA section': '<svg><![CDATA[x]]></svg>',
  'a processing instruction': '<?xml version="1.0"?>',
  'an attribute off the list': '<span ping="/x">x</span>',
  'a source': '<span src="/x">x</span>',
  'an attribute of an unknown namespace': '<svg><use foo:href="#a"></use></svg>',
  'a drawing of another file': '<svg><use href="/evil.svg#x"></use></svg>',
  'a drawing of another site': '<svg><use xlink:href="https://evil.example/#x"></use></svg>',
  'a script as a link': '<math><mi xlink:href="javascript:1">x</mi></math>',
  'a link with white space before the fragment': '<svg><use href=" #a"></use></svg>',
};

for (const [what, markup] of Object.entries(REJECTED)) {
  test(`rejects ${what}`, () => {
    const { result, logged } = check(markup);
    equal(result, null);
    equal(logged.length, 1);
    match(logged[0], /^Trusted Types: markup rejected/);
  });
}

test('logs the place of the rejected part', () => {
  const { logged } = check(`<b>x</b><img src="/a">${'y'.repeat(200)}`);
  equal(logged[0].split('allow-list: ')[1], `<img src="/a">${'y'.repeat(86)}`);
});

test('registers the check as the default policy', () => {
  deepEqual([...policies.keys()], ['default']);
  equal(policies.get('default').createHTML, checkMarkup);
});

test('rejects long hostile markup in linear time', () => {
  const begin = performance.now();
  equal(check(`<span ${'class '.repeat(50_000)}"`).result, null);
  equal(check(`<span${' '.repeat(50_000)}"`).result, null);
  equal(performance.now() - begin < 2_000, true);
});
