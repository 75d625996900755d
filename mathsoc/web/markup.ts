// Rich text as HTML: parses it into an inert document, and serializes the editor's document.
//
// The page's CSP requires Trusted Types and allows two policies: `editor`, which is created here,
// and ProseMirror's own for pasted HTML. Both parse into inert documents, which run no script and
// fetch nothing. The editor copies only the elements and attributes of its allow-list from them.

import { DOMSerializer, type Node } from "@tiptap/pm/model";

interface TrustedTypes {
  createPolicy(name: string, rules: { createHTML: (html: string) => string }): { createHTML: (html: string) => string };
}

const policy = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes?.createPolicy("editor", { createHTML: (html) => html });

// The allow-list of elements, with their attributes.
const ALLOWED: Record<string, string[]> = {
  p: [], h2: [], h3: [], ul: [], ol: ["start"], li: [], blockquote: [], br: [],
  strong: [], b: [], em: [], i: [], code: [], a: ["href"], img: ["src", "alt", "width", "height", "loading"],
};

export function parseHtml(html: string): HTMLElement {
  const withoutStyles = html.replace(STYLE, `<${PREFIX}style></${PREFIX}style>`);
  const inert = withoutStyles.replace(TAG, (tag) => tag.replace(ATTRIBUTE, (whole, name: string) => (REPORTED.test(name) ? `${PREFIX}${whole}` : whole)));
  return new DOMParser().parseFromString(policy ? policy.createHTML(inert) : inert, "text/html").body;
}

// Browsers report CSP violations in inert documents too, and text from a word processor is full of
// styles. A prefix on such names avoids the reports. A name that these patterns miss is reported,
// and blocked all the same.
const PREFIX = "off-";
const REPORTED = /^(?:style|on[a-z]+)$/i;
const STYLE = /<style\b[^]*?<\/style\s*>/gi;
const TAG = /<[a-z](?:[^>"']|"[^"]*"|'[^']*')*>/gi;
const ATTRIBUTE = /(?<=[\s"'/])([^\s"'<>\/=]+)\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'>]+)/g;

// Lists the elements and attributes that the editor would drop, such as `<table>` or `<p class>`.
export function unsupported(body: HTMLElement): string[] {
  const lost = new Set<string>();
  for (const element of body.querySelectorAll("*")) {
    const name = element.localName;
    const attributes = ALLOWED[name];
    if (!attributes) lost.add(name.replace(PREFIX, ""));
    else for (const { name: attribute } of element.attributes) if (!attributes.includes(attribute)) lost.add(`${name} ${attribute.replace(PREFIX, "")}`);
    if (!hasAllowedUrl(element)) lost.add(name);
  }
  if (document.createNodeIterator(body, NodeFilter.SHOW_COMMENT).nextNode()) lost.add("!-- --");
  return [...lost].map((name) => `<${name}>`);
}

// Removes what is not on the allow-list from pasted HTML, so that the browser has no violation to
// report.
export function cleanPastedHtml(html: string): string {
  const body = parseHtml(html);
  for (const element of body.querySelectorAll("script, style, link, meta, template, off-style")) element.remove();
  for (const element of body.querySelectorAll("*")) {
    const kept = [...(ALLOWED[element.localName] ?? []), "data-pm-slice"];
    for (const { name } of [...element.attributes]) if (!kept.includes(name)) element.removeAttribute(name);
    if (element.localName === "img" && !hasAllowedUrl(element)) element.remove();
  }
  return body.innerHTML;
}

function hasAllowedUrl(element: Element): boolean {
  if (element.localName === "a") return isAllowedHref(element.getAttribute("href") ?? "");
  return element.localName !== "img" || isSameSite(element.getAttribute("src") ?? "");
}

// Returns `true` for a path of this site. The pages show pictures of this site only.
export function isSameSite(src: string): boolean {
  return /^\/(?![/\\])/.test(src);
}

// Returns `true` for a link that the server's sanitizer keeps.
export function isAllowedHref(href: string): boolean {
  return /^(https?:\/\/|mailto:|\/|#).+$/i.test(href);
}

// Serializes a picture as the editor does.
export function pictureAsHtml(attributes: object): string {
  const image = document.implementation.createHTMLDocument().createElement("img");
  for (const [name, value] of Object.entries({ ...attributes, loading: "lazy" })) if (value !== null) image.setAttribute(name, value);
  return image.outerHTML;
}

// Serializes the document with one block on each line. A document of empty paragraphs is the empty
// string.
export function serialize(doc: Node): string {
  if (doc.textContent.trim() === "" && !hasPicture(doc)) return "";
  const target = document.implementation.createHTMLDocument();
  const blocks = DOMSerializer.fromSchema(doc.type.schema).serializeFragment(doc.content, { document: target });
  return [...(blocks as DocumentFragment).children].map((block) => block.outerHTML).join("\n");
}

function hasPicture(doc: Node): boolean {
  let found = false;
  doc.descendants((node) => {
    found ||= node.type.name === "picture";
  });
  return found;
}
