// The default Trusted Types policy of pages with a math field. MathLive writes markup as strings.
// The page's CSP requires Trusted Types and allows this policy only, so the browser passes every
// such string through `checkMarkup`.
//
// The check is an allow-list of elements and attributes that run no script and load no document.
// A style may name a URL. The CSP limits what that fetches. Markup outside of the list is rejected
// as a whole: the browser throws a TypeError and writes nothing. Markup that passes is unchanged.

const ELEMENTS = new Set(
  ("span div ul li br i b em sup aside svg g defs symbol use path line polygon rect circle math mrow mi mn mo ms mtext mspace " +
    "mfrac msqrt mroot msup msub msubsup munder mover munderover mtable mtr mtd mstyle mpadded mphantom menclose").split(" "),
);

const ATTRIBUTES = new Set(
  // HTML
  ("autocapitalize autocomplete autocorrect class contenteditable dir draggable hidden id inputmode lang part role spellcheck style " +
    "tabindex title translate " +
    // SVG
    "clip-rule cx cy d fill fill-opacity fill-rule focusable height opacity points preserveaspectratio r rx ry stroke " +
    "stroke-dasharray stroke-linecap stroke-linejoin stroke-miterlimit stroke-opacity stroke-width transform version viewbox " +
    "width x x1 x2 xmlns xmlns:xlink y y1 y2 " +
    // MathML
    "accent accentunder columnalign columnlines columnspacing depth display displaystyle encoding fence form frame largeop " +
    "linethickness lspace mathbackground mathcolor mathsize mathvariant maxsize minsize movablelimits notation rowspacing rspace " +
    "scriptlevel separator space stretchy symmetric voffset").split(" "),
);
const ATTRIBUTE_FAMILY = /^(?:aria|data)-[a-z0-9-]+$/;
// An SVG `use` may refer to a drawing of its own page. Every other link is rejected.
const LINK = /^(?:xlink:)?href$/;
const SAME_PAGE = /^["']?#[\w-]+["']?$/;

// A token is text, a `<` that starts no tag, a tag, or a comment. The grammar is narrower than
// HTML's: where a browser could see the end of a tag elsewhere, no token matches. `SPACE` is HTML's
// white space. `\s` is wider: a browser takes U+00A0 for a part of an unquoted value.
const SPACE = /[\t\n\f\r ]/.source;
const NAME = /[^\s"'<>\/=]+/.source;
const VALUE = /"[^"]*"|'[^']*'|[^\s"'=<>`\/]+/.source;
const TOKEN = new RegExp(`[^<]+|<(?=[^a-z!/?])|</?([a-z][a-z0-9-]*)((?:${SPACE}+${NAME}(?:${SPACE}*=${SPACE}*(?:${VALUE}))?)*)${SPACE}*/?>|<!--[^<>]*-->`, "iy");
const ATTRIBUTE = new RegExp(`(${NAME})(?:${SPACE}*=${SPACE}*(${VALUE}))?`, "g");

// Returns the markup unchanged. Returns `null` and logs the place if a part of it is not allowed.
export function checkMarkup(markup: string): string | null {
  for (let at = 0; at < markup.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(markup);
    const [, element = "span", attributes = ""] = token ?? [];
    const allowed = ELEMENTS.has(element.toLowerCase()) && [...attributes.matchAll(ATTRIBUTE)].every(isAllowed);
    if (!token || !allowed) {
      console.error(`Trusted Types: markup rejected, an element or attribute is not on the allow-list: ${markup.slice(at, at + 100)}`);
      return null;
    }
  }
  return markup;
}

function isAllowed([, name = "", value = ""]: RegExpExecArray): boolean {
  const lower = name.toLowerCase();
  return ATTRIBUTES.has(lower) || ATTRIBUTE_FAMILY.test(lower) || (LINK.test(lower) && SAME_PAGE.test(value));
}

interface TrustedTypes {
  createPolicy(name: string, rules: { createHTML: (markup: string) => string | null }): unknown;
}

// Browsers without Trusted Types write every string.
(globalThis as { trustedTypes?: TrustedTypes }).trustedTypes?.createPolicy("default", { createHTML: checkMarkup });
