// The Tiptap extensions of the editor: paragraphs, two levels of heading, lists, quotations,
// emphasis, code, links, pictures and formulas. A formula is text in TeX delimiters, which the
// server typesets. The editor only highlights it.

import { Extension, Mark, Node, type Extensions } from "@tiptap/core";
import { Blockquote } from "@tiptap/extension-blockquote";
import { Bold } from "@tiptap/extension-bold";
import { Code } from "@tiptap/extension-code";
import { Document } from "@tiptap/extension-document";
import { HardBreak } from "@tiptap/extension-hard-break";
import { Heading } from "@tiptap/extension-heading";
import { Italic } from "@tiptap/extension-italic";
import { BulletList, ListItem, OrderedList } from "@tiptap/extension-list";
import { Paragraph } from "@tiptap/extension-paragraph";
import { Text } from "@tiptap/extension-text";
import { UndoRedo } from "@tiptap/extensions/undo-redo";
import { Plugin } from "@tiptap/pm/state";
import { Decoration, DecorationSet } from "@tiptap/pm/view";
import { isAllowedHref, isSameSite } from "./markup";

const Link = Mark.create({
  name: "link",
  inclusive: false,
  addAttributes: () => ({ href: { default: null } }),
  parseHTML: () => [{ tag: "a[href]", getAttrs: (element) => isAllowedHref(element.getAttribute("href") ?? "") && null }],
  renderHTML: ({ HTMLAttributes }) => ["a", HTMLAttributes, 0],
});

const Picture = Node.create({
  name: "picture",
  group: "inline",
  inline: true,
  draggable: true,
  addAttributes: () => ({
    src: { default: null }, alt: { default: "" }, width: { default: null }, height: { default: null },
    loading: { default: "lazy" },
  }),
  parseHTML: () => [{ tag: "img[src]", getAttrs: (element) => isSameSite(element.getAttribute("src") ?? "") && null }],
  renderHTML: ({ HTMLAttributes }) => ["img", HTMLAttributes],
});

// Tab leaves the editor, as it leaves every other field. Ctrl and a bracket indent or outdent an
// item.
const IndentableItem = ListItem.extend({
  addKeyboardShortcuts() {
    return {
      Enter: () => this.editor.commands.splitListItem(this.name),
      "Mod-]": () => this.editor.commands.sinkListItem(this.name),
      "Mod-[": () => this.editor.commands.liftListItem(this.name),
    };
  },
});

const FORMULA = /\\\(.+?\\\)|\\\[.+?\\\]/gs;

const Formulas = Extension.create({
  name: "formulas",
  // The arrow key crosses the closing delimiter in one step.
  addKeyboardShortcuts() {
    return {
      ArrowRight: ({ editor }) => {
        const { empty, from, $from } = editor.state.selection;
        const { parent, parentOffset } = $from;
        const ahead = parent.textBetween(parentOffset, Math.min(parentOffset + 2, parent.content.size));
        return empty && /^\\[)\]]$/.test(ahead) && editor.commands.setTextSelection(from + 2);
      },
    };
  },
  addProseMirrorPlugins: () => [
    new Plugin({
      props: {
        decorations({ doc }) {
          const found: Decoration[] = [];
          doc.descendants((node, at) => {
            if (!node.isTextblock) return;
            const text = node.textBetween(0, node.content.size, undefined, "\ufffc");
            for (const { index, 0: formula } of text.matchAll(FORMULA)) {
              const from = at + 1 + index;
              found.push(Decoration.inline(from, from + formula.length, { class: "tex", spellcheck: "false" }));
            }
          });
          return DecorationSet.create(doc, found);
        },
      },
    }),
  ],
});

export const extensions: Extensions = [
  Document, Paragraph, Text, Heading.configure({ levels: [2, 3] }), BulletList, OrderedList, IndentableItem, Blockquote, HardBreak,
  Bold, Italic, Code, Link, Picture, Formulas, UndoRedo,
];
