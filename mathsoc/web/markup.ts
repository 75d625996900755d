// Rich text as HTML: read into a document that is never shown, and written from the editor's own.
//
// The page's policy wants Trusted Types. Of the two policies of them that it allows, one is here, and one is ProseMirror's own
// for what is pasted; both fill documents in which nothing runs and nothing is fetched, and of which only what the editor knows
// is copied.

import { DOMSerializer, type Node } from "@tiptap/pm/model";

interface TrustedTypes {
  createPolicy(name: string, rules: { createHTML: (html: string) => string }): { createHTML: (html: string) => string };
}

const policy = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes?.createPolicy("editor", { createHTML: (html) => html });

// What the editor keeps, with the attributes that it keeps.
const KNOWN: Record<string, string[]> = {
  p: [], h2: [], h3: [], ul: [], ol: ["start"], li: [], blockquote: [], br: [],
  strong: [], b: [], em: [], i: [], code: [], a: ["href"], img: ["src", "alt", "width", "height", "loading"],
};

export function read(html: string): HTMLElement {
  const plain = html.replace(STYLE, `<${OFF}style></${OFF}style>`);
  const quiet = plain.replace(TAG, (tag) => tag.replace(ATTRIBUTE, (whole, name: string) => (LOUD.test(name) ? `${OFF}${whole}` : whole)));
  return new DOMParser().parseFromString(policy ? policy.createHTML(quiet) : quiet, "text/html").body;
}

// Browsers report what a policy would stop in documents too that nobody sees: whatever is copied from a word processor has
// styles. Under another name nothing is reported. What this misses is reported, and stopped all the same.
const OFF = "off-";
const LOUD = /^(?:style|on[a-z]+)$/i;
const STYLE = /<style\b[^]*?<\/style\s*>/gi;
const TAG = /<[a-z](?:[^>"']|"[^"]*"|'[^']*')*>/gi;
const ATTRIBUTE = /(?<=[\s"'/])([^\s"'<>\/=]+)\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'>]+)/g;

// What the editor would lose of it: names of elements, with an attribute where that is the trouble.
export function unknown(body: HTMLElement): string[] {
  const lost = new Set<string>();
  for (const element of body.querySelectorAll("*")) {
    const name = element.localName;
    const attributes = KNOWN[name];
    if (!attributes) lost.add(name.replace(OFF, ""));
    else for (const { name: attribute } of element.attributes) if (!attributes.includes(attribute)) lost.add(`${name} ${attribute.replace(OFF, "")}`);
    if (!leadsSomewhere(element)) lost.add(name);
  }
  if (document.createNodeIterator(body, NodeFilter.SHOW_COMMENT).nextNode()) lost.add("!-- --");
  return [...lost].map((name) => `<${name}>`);
}

// What was copied elsewhere, without what the editor would not keep of it anyway: so no browser has to stop it.
export function plainer(html: string): string {
  const body = read(html);
  for (const element of body.querySelectorAll("script, style, link, meta, template, off-style")) element.remove();
  for (const element of body.querySelectorAll("*")) {
    const kept = [...(KNOWN[element.localName] ?? []), "data-pm-slice"];
    for (const { name } of [...element.attributes]) if (!kept.includes(name)) element.removeAttribute(name);
    if (element.localName === "img" && !leadsSomewhere(element)) element.remove();
  }
  return body.innerHTML;
}

function leadsSomewhere(element: Element): boolean {
  if (element.localName === "a") return isAddress(element.getAttribute("href") ?? "");
  return element.localName !== "img" || isPicture(element.getAttribute("src") ?? "");
}

// A picture of this site: no others are shown.
export function isPicture(src: string): boolean {
  return /^\/(?![/\\])/.test(src);
}

// Where a link may lead: what the site shows of it, too.
export function isAddress(href: string): boolean {
  return /^(https?:\/\/|mailto:|\/|#).+$/i.test(href);
}

// A picture as a line of HTML: as the editor itself would write it.
export function pictureAsHtml(attributes: object): string {
  const image = document.implementation.createHTMLDocument().createElement("img");
  for (const [name, value] of Object.entries({ ...attributes, loading: "lazy" })) if (value !== null) image.setAttribute(name, value);
  return image.outerHTML;
}

// A block a line. An empty text is empty, whatever paragraphs it has.
export function write(doc: Node): string {
  if (doc.textContent.trim() === "" && !hasPicture(doc)) return "";
  const inert = document.implementation.createHTMLDocument();
  const blocks = DOMSerializer.fromSchema(doc.type.schema).serializeFragment(doc.content, { document: inert });
  return [...(blocks as DocumentFragment).children].map((block) => block.outerHTML).join("\n");
}

function hasPicture(doc: Node): boolean {
  let found = false;
  doc.descendants((node) => {
    found ||= node.type.name === "picture";
  });
  return found;
}
