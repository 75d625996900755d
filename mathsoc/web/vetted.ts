// What text may become markup on a page with a math field. The page's policy wants Trusted Types, and the only policy of
// them that it allows is this one, through which the browser leads whatever MathLive writes as text.
//
// It passes what is made of known elements with known attributes, none of which runs or fetches anything, and refuses all
// else: then the browser throws, and the markup is not written.

const ELEMENTS = new Set(
  ("span div ul li button svg g path line rect circle title desc table tr td b i em kbd aside template " +
    "math mrow mi mn mo ms mtext mspace mfrac msqrt mroot msup msub msubsup munder mover munderover mtable mtr mtd " +
    "mstyle mpadded mphantom mmultiscripts mprescripts none semantics annotation").split(" "),
);
const ATTRIBUTES =
  /^(?:aria-[a-z]+|data-[a-z0-9-]+|class|style|id|part|role|tabindex|title|lang|translate|dir|hidden|type|disabled|contenteditable|autocapitalize|autocomplete|autocorrect|spellcheck|inputmode|xmlns|viewbox|width|height|x|y|x1|x2|y1|y2|cx|cy|r|rx|ry|d|fill|fill-rule|clip-rule|opacity|stroke|stroke-width|stroke-linecap|stroke-linejoin|stroke-miterlimit|transform|preserveaspectratio|overflow|focusable|version|shift|space|weight|display|displaystyle|scriptlevel|mathvariant|mathsize|mathcolor|stretchy|symmetric|fence|separator|form|accent|accentunder|largeop|movablelimits|lspace|rspace|minsize|maxsize|linethickness|columnalign|rowspacing|columnspacing|encoding|voffset|depth)$/;

// One piece after the other: text, a tag, or a comment. Where HTML and this could disagree on where a tag ends, nothing matches.
const VALUE = /\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>`\/]+)/.source;
const NAME = /[^\s"'<>\/=]+/.source;
const PIECE = new RegExp(`[^<]+|</?([a-z][a-z0-9-]*)((?:\\s+${NAME}(?:${VALUE})?)*)\\s*/?>|<!--[^<>]*-->`, "iy");
const ATTRIBUTE = new RegExp(`(${NAME})(?:${VALUE})?`, "g");

// The markup as it came; or `null`, and the console says where it stopped.
export function vetted(markup: string): string | null {
  for (let at = 0; at < markup.length; at = PIECE.lastIndex) {
    PIECE.lastIndex = at;
    const piece = PIECE.exec(markup);
    const names = [...(piece?.[2] ?? "").matchAll(ATTRIBUTE)].map(([, name]) => name?.toLowerCase() ?? "");
    const known = !piece?.[1] || ELEMENTS.has(piece[1].toLowerCase());
    if (!piece || !known || !names.every((name) => ATTRIBUTES.test(name))) {
      console.error(`not written, since nothing is known of it: ${markup.slice(at, at + 100)}`);
      return null;
    }
  }
  return markup;
}

interface TrustedTypes {
  createPolicy(name: string, rules: { createHTML: (markup: string) => string | null }): unknown;
}

// Browsers without Trusted Types write whatever they are given, as they always have.
(globalThis as { trustedTypes?: TrustedTypes }).trustedTypes?.createPolicy("default", { createHTML: vetted });
