// A question in a window of the page: one line to type, or nothing when it is closed.

export interface Question {
  title: string;
  label: string;
  help: string;
  value: string;
  // What the answer has to look like, if it isn't empty.
  pattern: string;
}

let asked = 0;

export function ask({ title, label, help, value, pattern }: Question): Promise<string | null> {
  const id = `asked-${(asked += 1)}`;
  const heading = element("h2", { id, textContent: title });
  const input = element("input", { type: "text", id: `${id}-input`, value, pattern, title: help, autocomplete: "off" });
  input.setAttribute("aria-describedby", `${id}-help`);
  const field = element("p", { className: "field" });
  field.append(
    element("label", { htmlFor: input.id, textContent: label }),
    element("span", { className: "help", id: `${id}-help`, textContent: help }),
    input,
  );
  const leave = element("button", { type: "button", className: "plain", textContent: "Leave it" });
  const actions = element("p", { className: "actions" });
  actions.append(element("button", { type: "submit", className: "button", value: "yes", textContent: "Set it" }), leave);
  const form = element("form", { method: "dialog" });
  form.append(heading, field, actions);
  const dialog = element("dialog", { className: "asked" });
  dialog.setAttribute("aria-labelledby", id);
  dialog.append(form);
  document.body.append(dialog);
  leave.addEventListener("click", () => dialog.close());
  dialog.showModal();
  input.select();
  return new Promise((answer) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      answer(dialog.returnValue === "yes" ? input.value.trim() : null);
    });
  });
}

function element<K extends keyof HTMLElementTagNameMap>(name: K, properties: Partial<HTMLElementTagNameMap[K]>): HTMLElementTagNameMap[K] {
  return Object.assign(document.createElement(name), properties);
}
