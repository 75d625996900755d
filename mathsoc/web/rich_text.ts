// A field for rich text: the editor, or the HTML itself. The field beneath stays what the form sends; the editor writes into it
// when something was changed, so what was only opened is saved as it was.

import { Editor, getSchema, type JSONContent } from "@tiptap/core";
import { DOMParser as Reader } from "@tiptap/pm/model";
import { TextSelection } from "@tiptap/pm/state";
import { Question } from "./ask";
import { known } from "./known";
import { isAddress, pictureAsHtml, plainer, read, unknown, write } from "./markup";
import { filesIn, newPicture, otherWords } from "./picture";
import { Toolbar, type Tool } from "./toolbar";

const schema = getSchema(known);

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
      extensions: known,
      // No text, which the editor would read by itself, past the page's policy.
      content: { type: "doc", content: [{ type: "paragraph" }] },
      injectCSS: false,
      // What is typed stays as it was typed: a formula has stars and underscores of its own.
      enableInputRules: false,
      enablePasteRules: false,
      editorProps: { attributes: this.attributes(name), transformPastedHTML: plainer },
      onUpdate: ({ editor }) => {
        field.value = write(editor.state.doc);
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
    this.takeFiles(box);
    // The way to a picture for who has no editor.
    field.closest(".field")?.querySelector(".by-hand")?.remove();
    this.show(this.take());
  }

  private attributes(name: string): Record<string, string> {
    const attributes: Record<string, string> = { class: "prose", role: "textbox", "aria-multiline": "true", "aria-label": name };
    for (const attribute of ["aria-describedby", "aria-invalid"]) {
      const value = this.field.getAttribute(attribute);
      if (value) attributes[attribute] = value;
    }
    return attributes;
  }

  // Takes the HTML into the editor, unless that would lose some of it; whether it did.
  private take(): boolean {
    const body = read(this.field.value);
    const lost = unknown(body);
    this.say(lost.length > 0 ? `This text stays HTML: the editor would lose ${lost.join(", ")}.` : "", "wrong");
    if (lost.length > 0) return false;
    const content: JSONContent = Reader.fromSchema(schema).parse(body).toJSON();
    this.editor.commands.setContent(content, { emitUpdate: false });
    return true;
  }

  private say(words: string, look: "wrong" | "help"): void {
    this.note.className = look;
    this.note.textContent = words;
  }

  private show(rich: boolean): void {
    this.field.hidden = rich;
    this.place.hidden = !rich;
    this.toolbar.update();
  }

  private get isSource(): boolean {
    return !this.field.hidden;
  }

  // At once: the editor's own command waits for the next frame, and what is typed meanwhile is lost.
  private focus(): void {
    if (this.isSource) this.field.focus();
    else this.editor.view.focus();
  }

  private tools(): Tool[][] {
    const { editor } = this;
    const isOff = (): boolean => this.isSource;
    const tool = (label: string, sign: string, run: () => void, isOn?: () => boolean): Tool => ({
      label, sign, isOff, run: () => void (isOff() || run()), ...(isOn ? { isOn: () => !isOff() && isOn() } : {}),
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
          isOff: () => isOff() || !editor.can().toggleBlockquote(),
        },
      ],
      [
        tool("Formula", "M3 13h3l3.5 6L14 5h7M14.5 11l5 6M19.5 11l-5 6", () => this.formula("\\(", "\\)")),
        tool("Formula on a line of its own", LINE, () => this.formula("\\[", "\\]")),
        {
          ...tool("Picture", PICTURE, () => {}, () => editor.isActive("picture")),
          // In the HTML too: a text with a table may have one.
          isOff: () => false,
          run: () => void (!isOff() && editor.isActive("picture") ? this.words() : this.pictures([undefined])),
        },
      ],
      [
        { ...tool("Undo", "M8 5 4 9l4 4M4 9h10a5 5 0 0 1 0 10H9", () => now().undo().run()), isOff: () => isOff() || !editor.can().undo() },
        { ...tool("Redo", "M16 5l4 4-4 4M20 9H10a5 5 0 0 0 0 10h5", () => now().redo().run()), isOff: () => isOff() || !editor.can().redo() },
      ],
      [{ label: "HTML", sign: "HTML", isOn: () => this.isSource, run: () => this.switch() }],
    ];
  }

  private switch(): void {
    this.show(this.isSource && this.take());
  }

  // Puts the signs of a formula around what is chosen, or around where one types.
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
    const question = new Question("Link", "Set it");
    const line = question.line("Address", "Such as https://example.org, /articles or mailto:name@example.org. Empty is no link.", value);
    const isSet = await question.ask(() => {
      const href = line.value.trim();
      return href === "" || isAddress(href) ? null : ["Write an address that begins with https://, mailto:, / or #.", line];
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

  // What is pasted or dropped anywhere in the box; without this, a browser would leave the page for a file that is dropped.
  private takeFiles(box: HTMLElement): void {
    const taken = (event: Event, files: File[]): void => {
      event.preventDefault();
      event.stopPropagation();
      void this.pictures(files);
    };
    box.addEventListener("paste", (event) => {
      const files = filesIn(event.clipboardData);
      if (files.length > 0) taken(event, files);
    }, { capture: true });
    box.addEventListener("dragover", (event) => {
      if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
    });
    box.addEventListener("drop", (event) => {
      const { dragging } = this.editor.view;
      const files = [...(event.dataTransfer?.files ?? [])];
      if (dragging || files.length === 0) return;
      this.goTo(event);
      taken(event, files);
    }, { capture: true });
  }

  private goTo({ clientX, clientY }: DragEvent): void {
    if (this.isSource) return;
    const { state, view } = this.editor;
    const at = view.posAtCoords({ left: clientX, top: clientY });
    if (at) view.dispatch(state.tr.setSelection(TextSelection.near(state.doc.resolve(at.pos))));
  }

  // One after the other; without a file, one is asked for.
  private async pictures(files: (File | undefined)[]): Promise<void> {
    const token = this.field.form?.querySelector<HTMLInputElement>("[name=csrf_token]")?.value ?? "";
    for (const file of files) {
      const found = await newPicture(token, file);
      this.focus();
      if (!found) return;
      const [picture, waits] = found;
      if (waits) this.say("The virus scanner gives no answer just now. The picture is shown as soon as the scanner has passed it.", "help");
      if (this.isSource) {
        const { selectionStart, selectionEnd } = this.field;
        this.field.setRangeText(pictureAsHtml(picture), selectionStart, selectionEnd, "end");
      } else {
        const { editor } = this;
        editor.chain().insertContentAt(editor.state.selection.to, { type: "picture", attrs: picture }).scrollIntoView().run();
      }
    }
  }

  private async words(): Promise<void> {
    const { editor } = this;
    const alt = await otherWords(editor.getAttributes("picture").alt ?? "");
    this.focus();
    // The picture is put anew, which would leave the caret before it.
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
