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
  strong: [], b: [], em: [], i: [], code: [], a: ["href"], img: ["src", "alt", "width", "height"],
};

export function read(html: string): HTMLElement {
  return new DOMParser().parseFromString(policy ? policy.createHTML(html) : html, "text/html").body;
}

// What the editor would lose of it: names of elements, with an attribute where that is the trouble.
export function unknown(body: HTMLElement): string[] {
  const lost = new Set<string>();
  for (const element of body.querySelectorAll("*")) {
    const name = element.localName;
    const attributes = KNOWN[name];
    if (!attributes) lost.add(name);
    else for (const { name: attribute } of element.attributes) if (!attributes.includes(attribute)) lost.add(`${name} ${attribute}`);
    if (name === "a" && !isAddress(element.getAttribute("href") ?? "")) lost.add("a");
  }
  if (document.createNodeIterator(body, NodeFilter.SHOW_COMMENT).nextNode()) lost.add("!-- --");
  return [...lost].map((name) => `<${name}>`);
}

// Where a link may lead: what the site shows of it, too.
export const ADDRESS = "(https?://|mailto:|/|#).+";
export function isAddress(href: string): boolean {
  return new RegExp(`^${ADDRESS}$`, "i").test(href);
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
