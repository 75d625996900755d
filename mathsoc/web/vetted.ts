// What text may become markup on a page with a math field. The page's policy wants Trusted Types, and the only policy of
// them that it allows is this one, through which the browser leads whatever MathLive writes as text.
//
// It passes what is made of known elements with known attributes, none of which runs or fetches anything, and refuses all
// else: then the browser throws, and the markup is not written.

const ELEMENTS = new Set(
  ("span div ul li br i b em sup aside svg g defs symbol use path line polygon rect circle math mrow mi mn mo ms mtext mspace " +
    "mfrac msqrt mroot msup msub msubsup munder mover munderover mtable mtr mtd mstyle mpadded mphantom menclose").split(" "),
);

const ATTRIBUTES = new Set(
  // HTML's
  ("autocapitalize autocomplete autocorrect class contenteditable dir draggable hidden id inputmode lang part role spellcheck style " +
    "tabindex title translate " +
    // SVG's
    "clip-rule cx cy d fill fill-opacity fill-rule focusable height opacity points preserveaspectratio r rx ry stroke " +
    "stroke-dasharray stroke-linecap stroke-linejoin stroke-miterlimit stroke-opacity stroke-width transform version viewbox " +
    "width x x1 x2 xmlns xmlns:xlink y y1 y2 " +
    // MathML's
    "accent accentunder columnalign columnlines columnspacing depth display displaystyle encoding fence form frame largeop " +
    "linethickness lspace mathbackground mathcolor mathsize mathvariant maxsize minsize movablelimits notation rowspacing rspace " +
    "scriptlevel separator space stretchy symmetric voffset").split(" "),
);
const FAMILY = /^(?:aria|data)-[a-z0-9-]+$/;
// A drawing may use another one of its own page, and nothing else.
const LINK = /^(?:xlink:)?href$/;
const HERE = /^["']?#[\w-]+["']?$/;

// One piece after the other: text, a `<` that begins nothing, a tag, or a comment. Where HTML and this could disagree on where
// a tag ends, nothing matches.
const NAME = /[^\s"'<>\/=]+/.source;
const VALUE = /"[^"]*"|'[^']*'|[^\s"'=<>`\/]+/.source;
const PIECE = new RegExp(`[^<]+|<(?=[^a-z!/?])|</?([a-z][a-z0-9-]*)((?:\\s+${NAME}(?:\\s*=\\s*(?:${VALUE}))?)*)\\s*/?>|<!--[^<>]*-->`, "iy");
const ATTRIBUTE = new RegExp(`(${NAME})(?:\\s*=\\s*(${VALUE}))?`, "g");

// The markup as it came; or `null`, and the console says where it stopped.
export function vetted(markup: string): string | null {
  for (let at = 0; at < markup.length; at = PIECE.lastIndex) {
    PIECE.lastIndex = at;
    const piece = PIECE.exec(markup);
    const [, element = "span", attributes = ""] = piece ?? [];
    const known = ELEMENTS.has(element.toLowerCase()) && [...attributes.matchAll(ATTRIBUTE)].every(isKnown);
    if (!piece || !known) {
      console.error(`not written, since nothing is known of it: ${markup.slice(at, at + 100)}`);
      return null;
    }
  }
  return markup;
}

function isKnown([, name = "", value = ""]: RegExpExecArray): boolean {
  const lower = name.toLowerCase();
  return ATTRIBUTES.has(lower) || FAMILY.test(lower) || (LINK.test(lower) && HERE.test(value));
}

interface TrustedTypes {
  createPolicy(name: string, rules: { createHTML: (markup: string) => string | null }): unknown;
}

// Browsers without Trusted Types write whatever they are given, as they always have.
(globalThis as { trustedTypes?: TrustedTypes }).trustedTypes?.createPolicy("default", { createHTML: vetted });
