// A math field in front of the page's own text field. The text field holds the same answer as
// LaTeX and is the one that the form submits. A button switches between the two.

import { MathfieldElement } from "mathlive";
import { AND, KEYBOARD_LAYOUT, OR } from "./keyboard_layout";

// The fonts come from the page's style sheet. There are no sounds.
MathfieldElement.fontsDirectory = null;
MathfieldElement.soundsDirectory = null;
MathfieldElement.keypressSound = null;
MathfieldElement.plonkSound = null;
window.mathVirtualKeyboard.layouts = [KEYBOARD_LAYOUT, "symbols", "alphabetic"];
window.mathVirtualKeyboard.editToolbar = "none";
// The keyboard is outside of the page's landmarks, so it needs a role and a label.
window.mathVirtualKeyboard.addEventListener("geometrychange", () => {
  const keyboard = document.querySelector(".ML__keyboard");
  keyboard?.setAttribute("role", "region");
  keyboard?.setAttribute("aria-label", "Keys for mathematics");
});

const SHORTCUTS = { or: OR, and: AND };
const STORAGE_KEY = "answers";
const inputs: MathInput[] = [];

export class MathInput {
  private readonly math = new MathfieldElement();
  private readonly button = document.createElement("button");

  constructor(
    private readonly text: HTMLInputElement,
    help: Element,
    private readonly onChange: () => void,
  ) {
    const { math, button } = this;
    math.id = text.id;
    for (const name of ["aria-describedby", "aria-invalid"]) {
      const value = text.getAttribute(name);
      if (value !== null) math.setAttribute(name, value);
    }
    text.before(math);
    // The menu has no command that an answer needs.
    math.menuItems = [];
    math.inlineShortcuts = { ...math.inlineShortcuts, ...SHORTCUTS };
    this.load(text.value);
    math.addEventListener("input", () => {
      if (math.value === "") this.reset();
      this.commit();
      this.changed();
    });
    text.addEventListener("input", () => this.changed());
    math.addEventListener("keydown", (event) => this.keyPressed(event), { capture: true });

    button.type = "button";
    button.className = "plain";
    button.addEventListener("click", () => {
      savePreference(!prefersText());
      for (const input of inputs) input.show();
      this.focus();
    });
    help.after(button);
    inputs.push(this);
    this.show();
  }

  // Copies the math field into the text field. MathLive fires its input event late, so the form
  // calls this before it submits.
  commit(): void {
    if (!this.math.hidden) this.text.value = this.math.value;
  }

  focus(): void {
    (this.math.hidden ? this.text : this.math).focus();
  }

  setInvalid(invalid: boolean): void {
    for (const field of [this.math, this.text]) {
      if (invalid) field.setAttribute("aria-invalid", "true");
      else field.removeAttribute("aria-invalid");
    }
  }

  private changed(): void {
    this.setInvalid(false);
    this.onChange();
  }

  // Enter submits the form, as in a text field. A space after a word starts text mode, which keeps
  // spaces: "no solution".
  private keyPressed(event: KeyboardEvent): void {
    const { math, text } = this;
    const types = event.key.length === 1 && !event.ctrlKey && !event.metaKey;
    const [from, to] = math.selection.ranges[0] ?? [0, 0];
    if (types && to > from && from === 0 && to === math.lastOffset) this.reset();
    const submits = event.key === "Enter" && math.mode !== "latex";
    const startsText = event.key === " " && math.mode === "math" && /^[a-z]{2,}$/i.test(math.value);
    if (event.isComposing || !(submits || startsText)) return;
    event.preventDefault();
    event.stopPropagation();
    if (submits) return text.form?.requestSubmit();
    math.setValue(`\\text{${math.value} }`);
    math.executeCommand("moveToMathfieldEnd");
    math.executeCommand(["switchMode", "text"]);
  }

  // An empty field leaves text mode.
  private reset(): void {
    if (this.math.mode !== "text") return;
    this.math.setValue("");
    this.math.executeCommand(["switchMode", "math"]);
  }

  // Loads plain text or LaTeX into the math field.
  private load(text: string): void {
    this.math.setValue(text, { format: text.includes("\\") ? "latex" : "ascii-math", silenceNotifications: true });
  }

  private show(): void {
    const asText = prefersText();
    const [shown, other] = asText ? [this.text, this.math] : [this.math, this.text];
    this.button.textContent = asText ? "Write as on paper" : "Write as text";
    if (!shown.hidden && other.hidden) return;
    if (asText && this.text.value.includes("\\")) this.text.value = this.math.getValue("ascii-math");
    if (!asText && this.text.value !== this.math.value) {
      this.load(this.text.value);
      this.text.value = this.math.value;
    }
    shown.id ||= other.id;
    other.removeAttribute("id");
    shown.hidden = false;
    other.hidden = true;
  }
}

// Storage may be blocked. Then the choice lasts for one page.
let chosen = false;

function prefersText(): boolean {
  try {
    return localStorage.getItem(STORAGE_KEY) === "text";
  } catch {
    return chosen;
  }
}

function savePreference(text: boolean): void {
  chosen = text;
  try {
    if (text) localStorage.setItem(STORAGE_KEY, "text");
    else localStorage.removeItem(STORAGE_KEY);
  } catch {
    return;
  }
}
