// A question in a window of the page: some fields, and a button. What is wrong with the answer is said in the window, which stays
// open until the answer is taken, or nobody wants to give one.

// What is wrong, and which field is to be looked at.
export type Wrong = [words: string, at: HTMLInputElement];

let asked = 0;

export class Question {
  // Fires when the window is closed: whatever is under way for it may stop.
  readonly closed: AbortSignal;
  private readonly dialog = element("dialog", { className: "asked" });
  private readonly form = element("form", { method: "dialog", noValidate: true });
  private readonly said = element("p", { className: "wrong" });
  private readonly yes = element("button", { type: "submit", className: "button" });
  private readonly id = `asked-${(asked += 1)}`;
  private fields = 0;

  constructor(title: string, yes: string) {
    const ending = new AbortController();
    this.closed = ending.signal;
    this.dialog.addEventListener("close", () => ending.abort());
    this.dialog.setAttribute("aria-labelledby", this.id);
    this.said.setAttribute("role", "alert");
    this.yes.textContent = yes;
    this.form.append(element("h2", { id: this.id, textContent: title }));
    this.dialog.append(this.form);
  }

  note(words: string): void {
    this.form.append(element("p", { textContent: words }));
  }

  line(label: string, help: string, value: string): HTMLInputElement {
    return this.field(element("input", { type: "text", value, autocomplete: "off" }), label, help);
  }

  file(label: string, help: string, accept: string): HTMLInputElement {
    return this.field(element("input", { type: "file", accept }), label, help);
  }

  tick(label: string): HTMLInputElement {
    const input = this.named(element("input", { type: "checkbox" }));
    const field = element("p", { className: "field check" });
    field.append(input, element("label", { htmlFor: input.id, textContent: label }));
    this.form.append(field);
    return input;
  }

  // Whether an answer was taken. One that is wrong stays in its window, and so does one that is on its way.
  ask(take: () => Wrong | null | Promise<Wrong | null>): Promise<boolean> {
    const leave = element("button", { type: "button", className: "plain", textContent: "Leave it" });
    const actions = element("p", { className: "actions" });
    actions.append(this.yes, leave);
    this.form.append(this.said, actions);
    document.body.append(this.dialog);
    leave.addEventListener("click", () => this.dialog.close());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.tried(take);
    });
    this.dialog.showModal();
    return new Promise((answer) => {
      this.closed.addEventListener("abort", () => {
        this.dialog.remove();
        answer(this.dialog.returnValue === "taken");
      });
    });
  }

  // How far it is with an answer that takes time; a part of 1, or nothing where that is not known.
  tell(words: string, part?: number): void {
    let bar = this.form.querySelector("progress");
    let label = this.form.querySelector<HTMLElement>(".sending [role=status]");
    if (!bar || !label) {
      bar = element("progress", {});
      label = element("span", { id: `${this.id}-sending` });
      label.setAttribute("role", "status");
      bar.setAttribute("aria-labelledby", label.id);
      const sending = element("p", { className: "sending" });
      sending.append(label, bar);
      this.said.before(sending);
    }
    if (label.textContent !== words) label.textContent = words;
    if (part === undefined) bar.removeAttribute("value");
    else bar.value = part;
  }

  private async tried(take: () => Wrong | null | Promise<Wrong | null>): Promise<void> {
    if (this.yes.getAttribute("aria-disabled") === "true") return;
    this.yes.setAttribute("aria-disabled", "true");
    this.said.textContent = "";
    for (const input of this.form.querySelectorAll("input")) input.removeAttribute("aria-invalid");
    const wrong = await take();
    this.yes.removeAttribute("aria-disabled");
    this.form.querySelector(".sending")?.remove();
    if (this.closed.aborted) return;
    if (!wrong) return this.dialog.close("taken");
    const [words, at] = wrong;
    this.said.textContent = words;
    at.setAttribute("aria-invalid", "true");
    at.focus();
  }

  private field(input: HTMLInputElement, label: string, help: string): HTMLInputElement {
    this.named(input).setAttribute("aria-describedby", `${input.id}-help`);
    const field = element("p", { className: "field" });
    field.append(
      element("label", { htmlFor: input.id, textContent: label }),
      element("span", { className: "help", id: `${input.id}-help`, textContent: help }),
      input,
    );
    this.form.append(field);
    return input;
  }

  private named(input: HTMLInputElement): HTMLInputElement {
    input.id = `${this.id}-${(this.fields += 1)}`;
    return input;
  }
}

function element<K extends keyof HTMLElementTagNameMap>(name: K, properties: Partial<HTMLElementTagNameMap[K]>): HTMLElementTagNameMap[K] {
  return Object.assign(document.createElement(name), properties);
}
