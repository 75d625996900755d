// A field that sets mathematics while one types, over the page's own field for text, which holds the same as LaTeX and is what
// the form sends. A button leads from one to the other, for those who would rather write text.

import { MathfieldElement } from "mathlive";
import { AND, KEYS, OR } from "./keys";

// The style sheet of this page has the fonts, and nothing here makes a sound.
MathfieldElement.fontsDirectory = null;
MathfieldElement.soundsDirectory = null;
MathfieldElement.keypressSound = null;
MathfieldElement.plonkSound = null;
window.mathVirtualKeyboard.layouts = [KEYS, "symbols", "alphabetic"];
window.mathVirtualKeyboard.editToolbar = "none";
// It stands outside of the page's content, and says what it is.
window.mathVirtualKeyboard.addEventListener("geometrychange", () => {
  const keyboard = document.querySelector(".ML__keyboard");
  keyboard?.setAttribute("role", "region");
  keyboard?.setAttribute("aria-label", "Keys for mathematics");
});

const WORDS = { or: OR, and: AND };
const KEY = "answers";
const entries: Entry[] = [];

export class Entry {
  private readonly math = new MathfieldElement();
  private readonly button = document.createElement("button");

  constructor(
    private readonly text: HTMLInputElement,
    help: Element,
    private readonly changed: () => void,
  ) {
    const { math, button } = this;
    math.id = text.id;
    for (const name of ["aria-describedby", "aria-invalid"]) {
      const value = text.getAttribute(name);
      if (value !== null) math.setAttribute(name, value);
    }
    text.before(math);
    // There is nothing in the menu that an answer needs.
    math.menuItems = [];
    math.inlineShortcuts = { ...math.inlineShortcuts, ...WORDS };
    this.take(text.value);
    math.addEventListener("input", () => {
      if (math.value === "") this.beginAnew();
      this.settle();
      this.typed();
    });
    text.addEventListener("input", () => this.typed());
    math.addEventListener("keydown", (event) => this.pressed(event), { capture: true });

    button.type = "button";
    button.className = "plain";
    button.addEventListener("click", () => {
      remember(!prefersText());
      for (const entry of entries) entry.show();
      this.focus();
    });
    help.after(button);
    entries.push(this);
    this.show();
  }

  // What the form sends is what is seen: MathLive says a moment later that something was typed.
  settle(): void {
    if (!this.math.hidden) this.text.value = this.math.value;
  }

  focus(): void {
    (this.math.hidden ? this.text : this.math).focus();
  }

  // Says whether what is in it can be read.
  mark(invalid: boolean): void {
    for (const field of [this.math, this.text]) {
      if (invalid) field.setAttribute("aria-invalid", "true");
      else field.removeAttribute("aria-invalid");
    }
  }

  private typed(): void {
    this.mark(false);
    this.changed();
  }

  // Enter sends the form, as in a field for text. A space after a word begins text, where spaces count: "no solution".
  private pressed(event: KeyboardEvent): void {
    const { math, text } = this;
    const writes = event.key.length === 1 && !event.ctrlKey && !event.metaKey;
    const [from, to] = math.selection.ranges[0] ?? [0, 0];
    if (writes && to > from && from === 0 && to === math.lastOffset) this.beginAnew();
    const enters = event.key === "Enter" && math.mode !== "latex";
    const begins = event.key === " " && math.mode === "math" && /^[a-z]{2,}$/i.test(math.value);
    if (event.isComposing || !(enters || begins)) return;
    event.preventDefault();
    event.stopPropagation();
    if (enters) return text.form?.requestSubmit();
    math.setValue(`\\text{${math.value} }`);
    math.executeCommand("moveToMathfieldEnd");
    math.executeCommand(["switchMode", "text"]);
  }

  // Nobody goes on in text who has taken the text away.
  private beginAnew(): void {
    if (this.math.mode !== "text") return;
    this.math.setValue("");
    this.math.executeCommand(["switchMode", "math"]);
  }

  // What somebody wrote as text may be LaTeX too.
  private take(text: string): void {
    this.math.setValue(text, { format: text.includes("\\") ? "latex" : "ascii-math", silenceNotifications: true });
  }

  private show(): void {
    const asText = prefersText();
    const [shown, other] = asText ? [this.text, this.math] : [this.math, this.text];
    this.button.textContent = asText ? "Write as on paper" : "Write as text";
    if (!shown.hidden && other.hidden) return;
    if (asText && this.text.value.includes("\\")) this.text.value = this.math.getValue("ascii-math");
    if (!asText && this.text.value !== this.math.value) {
      this.take(this.text.value);
      this.text.value = this.math.value;
    }
    shown.id ||= other.id;
    other.removeAttribute("id");
    shown.hidden = false;
    other.hidden = true;
  }
}

// Storage may be forbidden; then the choice lasts for one page.
let chosen = false;

function prefersText(): boolean {
  try {
    return localStorage.getItem(KEY) === "text";
  } catch {
    return chosen;
  }
}

function remember(text: boolean): void {
  chosen = text;
  try {
    if (text) localStorage.setItem(KEY, "text");
    else localStorage.removeItem(KEY);
  } catch {
    return;
  }
}
