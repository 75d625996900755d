// A modal dialog with a form. An invalid input is reported in the dialog, which stays open until
// the form is accepted or cancelled.

// The message, and the field that gets the focus.
export type InvalidInput = [message: string, field: HTMLInputElement];
type Validation = InvalidInput | null;

let dialogs = 0;

export class FormDialog {
  // Aborts when the dialog closes, so that work for it stops.
  readonly closed: AbortSignal;
  private readonly dialog = element("dialog", { className: "asked" });
  private readonly form = element("form", { method: "dialog", noValidate: true });
  private readonly error = element("p", { className: "wrong" });
  private readonly submit = element("button", { type: "submit", className: "button" });
  private readonly id = `asked-${(dialogs += 1)}`;
  private fields = 0;

  constructor(title: string, submitLabel: string) {
    const closing = new AbortController();
    this.closed = closing.signal;
    this.dialog.addEventListener("close", () => closing.abort());
    this.dialog.setAttribute("aria-labelledby", this.id);
    this.error.setAttribute("role", "alert");
    this.submit.textContent = submitLabel;
    this.form.append(element("h2", { id: this.id, textContent: title }));
    this.dialog.append(this.form);
  }

  addText(text: string): void {
    this.form.append(element("p", { textContent: text }));
  }

  addTextField(label: string, help: string, value: string): HTMLInputElement {
    return this.addField(element("input", { type: "text", value, autocomplete: "off" }), label, help);
  }

  addFileField(label: string, help: string, accept: string): HTMLInputElement {
    return this.addField(element("input", { type: "file", accept }), label, help);
  }

  addCheckbox(label: string): HTMLInputElement {
    const input = this.withId(element("input", { type: "checkbox" }));
    const field = element("p", { className: "field check" });
    field.append(input, element("label", { htmlFor: input.id, textContent: label }));
    this.form.append(field);
    return input;
  }

  // Opens the dialog. Resolves to `true` when `accept` has accepted the form, and to `false` when
  // the dialog was cancelled.
  open(accept: () => Validation | Promise<Validation>): Promise<boolean> {
    const cancel = element("button", { type: "button", className: "plain", textContent: "Leave it" });
    const actions = element("p", { className: "actions" });
    actions.append(this.submit, cancel);
    this.form.append(this.error, actions);
    document.body.append(this.dialog);
    cancel.addEventListener("click", () => this.dialog.close());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.submitted(accept);
    });
    this.dialog.showModal();
    return new Promise((resolve) => {
      this.closed.addEventListener("abort", () => {
        this.dialog.remove();
        resolve(this.dialog.returnValue === "taken");
      });
    });
  }

  // Shows the progress as a fraction of 1. Without a fraction the bar is indeterminate.
  showProgress(text: string, fraction?: number): void {
    let bar = this.form.querySelector("progress");
    let label = this.form.querySelector<HTMLElement>(".sending [role=status]");
    if (!bar || !label) {
      bar = element("progress", {});
      label = element("span", { id: `${this.id}-sending` });
      label.setAttribute("role", "status");
      bar.setAttribute("aria-labelledby", label.id);
      const sending = element("p", { className: "sending" });
      sending.append(label, bar);
      this.error.before(sending);
    }
    if (label.textContent !== text) label.textContent = text;
    if (fraction === undefined) bar.removeAttribute("value");
    else bar.value = fraction;
  }

  private async submitted(accept: () => Validation | Promise<Validation>): Promise<void> {
    if (this.submit.getAttribute("aria-disabled") === "true") return;
    this.submit.setAttribute("aria-disabled", "true");
    this.error.textContent = "";
    for (const input of this.form.querySelectorAll("input")) input.removeAttribute("aria-invalid");
    const invalid = await accept();
    this.submit.removeAttribute("aria-disabled");
    this.form.querySelector(".sending")?.remove();
    if (this.closed.aborted) return;
    if (!invalid) return this.dialog.close("taken");
    const [message, field] = invalid;
    this.error.textContent = message;
    field.setAttribute("aria-invalid", "true");
    field.focus();
  }

  private addField(input: HTMLInputElement, label: string, help: string): HTMLInputElement {
    this.withId(input).setAttribute("aria-describedby", `${input.id}-help`);
    const field = element("p", { className: "field" });
    field.append(
      element("label", { htmlFor: input.id, textContent: label }),
      element("span", { className: "help", id: `${input.id}-help`, textContent: help }),
      input,
    );
    this.form.append(field);
    return input;
  }

  private withId(input: HTMLInputElement): HTMLInputElement {
    input.id = `${this.id}-${(this.fields += 1)}`;
    return input;
  }
}

function element<K extends keyof HTMLElementTagNameMap>(name: K, properties: Partial<HTMLElementTagNameMap[K]>): HTMLElementTagNameMap[K] {
  return Object.assign(document.createElement(name), properties);
}
