// A field for rich text that shows the editor or the HTML source. The form submits the text field
// beneath. The editor writes into it on changes only, so a text that was only opened is saved
// unchanged.

import { Editor, getSchema, type JSONContent } from "@tiptap/core";
import { DOMParser as ProseMirrorParser } from "@tiptap/pm/model";
import { TextSelection } from "@tiptap/pm/state";
import { FormDialog } from "./dialog";
import { extensions } from "./extensions";
import { cleanPastedHtml, isAllowedHref, parseHtml, pictureAsHtml, serialize, unsupported } from "./markup";
import { askForAltText, askForPicture, filesIn } from "./picture_dialog";
import { Toolbar, type Tool } from "./toolbar";

const schema = getSchema(extensions);

export class RichText {
  private readonly editor: Editor;
  private readonly toolbar: Toolbar;
  private readonly place = document.createElement("span");
  private readonly note = document.createElement("span");
  private readonly label: HTMLLabelElement | undefined;

  constructor(private readonly field: HTMLTextAreaElement) {
    this.label = field.labels?.[0];
    const name = this.label?.textContent ?? "Text";
    this.editor = new Editor({
      element: this.place,
      extensions,
      // No string: Tiptap would parse it itself, without the page's Trusted Types policy.
      content: { type: "doc", content: [{ type: "paragraph" }] },
      injectCSS: false,
      // No Markdown shortcuts: formulas contain asterisks and underscores.
      enableInputRules: false,
      enablePasteRules: false,
      editorProps: { attributes: this.attributes(name), transformPastedHTML: cleanPastedHtml },
      onUpdate: ({ editor }) => {
        field.value = serialize(editor.state.doc);
        // For the draft of the form.
        field.dispatchEvent(new Event("input", { bubbles: true }));
      },
      onTransaction: () => this.toolbar?.update(),
    });
    this.toolbar = new Toolbar(`${name}: how it is set`, this.tools());
    this.note.setAttribute("role", "status");
    this.place.className = "place";
    const box = document.createElement("span");
    box.className = "rich";
    field.before(this.note, box);
    box.append(this.toolbar.element, this.place, field);
    this.label?.addEventListener("click", (event) => {
      if (!field.hidden) return;
      event.preventDefault();
      this.focus();
    });
    box.addEventListener("keydown", (event) => {
      if (event.altKey && event.key === "F10") this.toolbar.focus();
    });
    this.toolbar.element.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.focus();
    });
    this.handleFiles(box);
    // The draft was taken back into the field.
    field.addEventListener("restore", () => this.show(this.load()));
    // The link to the upload form is for browsers without the editor.
    field.closest(".field")?.querySelector(".by-hand")?.remove();
    this.show(this.load());
  }

  private attributes(name: string): Record<string, string> {
    const attributes: Record<string, string> = { class: "prose", role: "textbox", "aria-multiline": "true", "aria-label": name };
    for (const attribute of ["aria-describedby", "aria-invalid"]) {
      const value = this.field.getAttribute(attribute);
      if (value) attributes[attribute] = value;
    }
    return attributes;
  }

  // Loads the HTML into the editor. Returns `false` if the editor would lose a part of it.
  private load(): boolean {
    const body = parseHtml(this.field.value);
    const lost = unsupported(body);
    this.setNote(lost.length > 0 ? `This text stays HTML: the editor would lose ${lost.join(", ")}.` : "", "wrong");
    if (lost.length > 0) return false;
    const content: JSONContent = ProseMirrorParser.fromSchema(schema).parse(body).toJSON();
    this.editor.commands.setContent(content, { emitUpdate: false });
    return true;
  }

  private setNote(text: string, look: "wrong" | "help"): void {
    this.note.className = look;
    this.note.textContent = text;
  }

  private show(rich: boolean): void {
    this.field.hidden = rich;
    this.place.hidden = !rich;
    this.toolbar.update();
  }

  private get isSource(): boolean {
    return !this.field.hidden;
  }

  // Focuses the view itself. Tiptap's focus command waits for the next frame, and keys typed until
  // then are lost.
  private focus(): void {
    if (this.isSource) this.field.focus();
    else this.editor.view.focus();
  }

  private tools(): Tool[][] {
    const { editor } = this;
    const isDisabled = (): boolean => this.isSource;
    const tool = (label: string, icon: string, run: () => void, isPressed?: () => boolean): Tool => ({
      label, icon, isDisabled, run: () => void (isDisabled() || run()), ...(isPressed ? { isPressed: () => !isDisabled() && isPressed() } : {}),
    });
    const now = () => {
      this.focus();
      return editor.chain();
    };
    return [
      [
        tool("Bold", "B", () => now().toggleBold().run(), () => editor.isActive("bold")),
        tool("Italic", "I", () => now().toggleItalic().run(), () => editor.isActive("italic")),
        tool("Code", "M9 7 4 12l5 5M15 7l5 5-5 5", () => now().toggleCode().run(), () => editor.isActive("code")),
        tool("Link", LINK, () => void this.link(), () => editor.isActive("link")),
      ],
      [
        tool("H2 heading", "H2", () => now().toggleHeading({ level: 2 }).run(), () => editor.isActive("heading", { level: 2 })),
        tool("H3 heading", "H3", () => now().toggleHeading({ level: 3 }).run(), () => editor.isActive("heading", { level: 3 })),
        tool("List", LIST, () => now().toggleBulletList().run(), () => editor.isActive("bulletList")),
        tool("Numbered list", NUMBERS, () => now().toggleOrderedList().run(), () => editor.isActive("orderedList")),
        {
          ...tool("Quotation", QUOTE, () => now().toggleBlockquote().run(), () => editor.isActive("blockquote")),
          isDisabled: () => isDisabled() || !editor.can().toggleBlockquote(),
        },
      ],
      [
        tool("Formula", "M3 13h3l3.5 6L14 5h7M14.5 11l5 6M19.5 11l-5 6", () => this.formula("\\(", "\\)")),
        tool("Formula on a line of its own", LINE, () => this.formula("\\[", "\\]")),
        {
          ...tool("Picture", PICTURE, () => {}, () => editor.isActive("picture")),
          // Also in the HTML source, because a text with a table stays HTML.
          isDisabled: () => false,
          run: () => void (!isDisabled() && editor.isActive("picture") ? this.changeAltText() : this.insertPictures([undefined])),
        },
      ],
      [
        { ...tool("Undo", "M8 5 4 9l4 4M4 9h10a5 5 0 0 1 0 10H9", () => now().undo().run()), isDisabled: () => isDisabled() || !editor.can().undo() },
        { ...tool("Redo", "M16 5l4 4-4 4M20 9H10a5 5 0 0 0 0 10h5", () => now().redo().run()), isDisabled: () => isDisabled() || !editor.can().redo() },
      ],
      [{ label: "HTML", icon: "HTML", isPressed: () => this.isSource, run: () => this.toggleSource() }],
    ];
  }

  private toggleSource(): void {
    this.show(this.isSource && this.load());
  }

  // Inserts the delimiters of a formula around the selection.
  private formula(open: string, close: string): void {
    const { state, view } = this.editor;
    const { from, to } = state.selection;
    const step = state.tr.insertText(close, to).insertText(open, from);
    view.dispatch(step.setSelection(TextSelection.create(step.doc, from + open.length, to + open.length)).scrollIntoView());
    this.focus();
  }

  private async link(): Promise<void> {
    const { editor } = this;
    const value: string = editor.getAttributes("link").href ?? "";
    const dialog = new FormDialog("Link", "Set it");
    const line = dialog.addTextField("Address", "Such as https://example.org, /articles or mailto:name@example.org. Empty is no link.", value);
    const isSet = await dialog.open(() => {
      const href = line.value.trim();
      return href === "" || isAllowedHref(href) ? null : ["Write an address that begins with https://, mailto:, / or #.", line];
    });
    this.focus();
    if (!isSet) return;
    const href = line.value.trim();
    const now = editor.chain().extendMarkRange("link");
    if (href === "") now.unsetMark("link").run();
    else if (editor.state.selection.empty && value === "") {
      now.insertContent({ type: "text", text: href, marks: [{ type: "link", attrs: { href } }] }).run();
    } else now.setMark("link", { href }).run();
  }

  // Uploads files that are pasted or dropped in the box. Without a handler, the browser leaves the
  // page and opens a dropped file.
  private handleFiles(box: HTMLElement): void {
    const handle = (event: Event, files: File[]): void => {
      event.preventDefault();
      event.stopPropagation();
      void this.insertPictures(files);
    };
    box.addEventListener("paste", (event) => {
      const files = filesIn(event.clipboardData);
      if (files.length > 0) handle(event, files);
    }, { capture: true });
    box.addEventListener("dragover", (event) => {
      if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
    });
    box.addEventListener("drop", (event) => {
      const { dragging } = this.editor.view;
      const files = [...(event.dataTransfer?.files ?? [])];
      if (dragging || files.length === 0) return;
      this.moveCaretTo(event);
      handle(event, files);
    }, { capture: true });
  }

  private moveCaretTo({ clientX, clientY }: DragEvent): void {
    if (this.isSource) return;
    const { state, view } = this.editor;
    const at = view.posAtCoords({ left: clientX, top: clientY });
    if (at) view.dispatch(state.tr.setSelection(TextSelection.near(state.doc.resolve(at.pos))));
  }

  // Uploads and inserts the files one after the other. The dialog asks for a file that is missing.
  private async insertPictures(files: (File | undefined)[]): Promise<void> {
    const token = this.field.form?.querySelector<HTMLInputElement>("[name=csrf_token]")?.value ?? "";
    for (const file of files) {
      const found = await askForPicture(token, file);
      this.focus();
      if (!found) return;
      const [picture, waits] = found;
      if (waits) this.setNote("The virus scanner gives no answer just now. The picture is shown as soon as the scanner has passed it.", "help");
      if (this.isSource) {
        const { selectionStart, selectionEnd } = this.field;
        this.field.setRangeText(pictureAsHtml(picture), selectionStart, selectionEnd, "end");
      } else {
        const { editor } = this;
        editor.chain().insertContentAt(editor.state.selection.to, { type: "picture", attrs: picture }).scrollIntoView().run();
      }
    }
  }

  private async changeAltText(): Promise<void> {
    const { editor } = this;
    const alt = await askForAltText(editor.getAttributes("picture").alt ?? "");
    this.focus();
    // The update replaces the node and would leave the caret before it.
    const { from } = editor.state.selection;
    if (alt !== null) editor.chain().updateAttributes("picture", { alt }).setNodeSelection(from).run();
  }
}

const LINK = "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.6-5.6L12 7.200M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.6 5.600l1.4-1.4";
const LIST = "M9 6h11M9 12h11M9 18h11M4 6h.01M4 12h.01M4 18h.01";
const NUMBERS = "M10 6h10M10 12h10M10 18h10M3.5 5 5 4v5M3.5 15.500c0-2 3-2 3 0 0 1.5-3 2-3 4h3";
const QUOTE = "M10 7H5v5h5V7c0 5-1 8-4 10M19 7h-5v5h5V7c0 5-1 8-4 10";
const LINE = "M4 4h16M4 20h16M5 13h2l2.5 4L13 8h6";
const PICTURE = "M4 5h16v14H4ZM4 16l5-5 4 4 2.5-2.5L20 17M15.5 9h.01";
