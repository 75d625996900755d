// Drafts of forms with longer texts: in this tab at once, and on the server every 20 seconds while
// their writer types. The browser asks before it leaves a page whose text was not sent.
//
// A draft in the tab survives a reload, the end of the session and a lost network. It goes when the
// form is sent, when the member logs out (Clear-Site-Data), and with the tab.

import { loadDraft, saveDraft } from "./drafts";

const INTERVAL = 20_000;
// The path of the form that was sent last: its draft goes if another page is the answer.
const SENT = "form sent";
const PAGE = location.pathname + location.search;

type Fields = [string, string][];
type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

export function keepDrafts(): void {
  forgetSent();
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-draft]")) new FormDraft(form);
}

// A form that was not taken is answered at its own address, or leads through the log-in.
function forgetSent(): void {
  const sent = loadDraft(SENT);
  if (sent === "" || location.pathname.startsWith("/login")) return;
  saveDraft(SENT, "");
  if (!sent.endsWith(` ${PAGE}`)) saveDraft(sent, "");
}

class FormDraft {
  private readonly key: string;
  private readonly initial: string;
  // What the server has.
  private kept: string;
  private submitting = false;
  private readonly status = document.createElement("p");

  constructor(private readonly form: HTMLFormElement) {
    this.key = `form ${form.dataset.draft} ${PAGE}`;
    this.initial = this.fields();
    this.kept = this.initial;
    this.status.className = "help";
    this.status.setAttribute("role", "status");
    form.append(this.status);
    this.offer();
    form.addEventListener("input", () => saveDraft(this.key, this.isChanged() ? this.fields() : ""));
    form.addEventListener("submit", (event) => this.submit(event));
    window.addEventListener("beforeunload", (event) => {
      if (!this.submitting && (this.isChanged() || "unsent" in form.dataset)) event.preventDefault();
    });
    // Back to a page that the browser has kept.
    window.addEventListener("pageshow", () => { this.submitting = false; });
    setInterval(() => void this.keep(), INTERVAL);
  }

  private fields(): string {
    const fields: Fields = [];
    for (const [name, value] of new FormData(this.form)) {
      if (typeof value === "string" && name !== "csrf_token" && name !== "form_owner") fields.push([name, value]);
    }
    return JSON.stringify(fields);
  }

  private isChanged(): boolean {
    return this.fields() !== this.initial;
  }

  // A preview opens in a window of its own, and leaves the form as it is.
  private submit(event: SubmitEvent): void {
    if (event.submitter?.getAttribute("formtarget") === "_blank") return;
    this.submitting = true;
    saveDraft(SENT, this.key);
  }

  private async keep(): Promise<void> {
    const fields = this.fields();
    if (this.submitting || fields === this.kept) return;
    const token = this.form.querySelector<HTMLInputElement>("[name=csrf_token]")?.value ?? "";
    const body = JSON.stringify({ form: PAGE, fields: JSON.parse(fields) as Fields });
    const headers = { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": token };
    const response = await fetch("/api/drafts", { method: "POST", headers, body }).catch(() => null);
    if (response?.status === 200) {
      this.kept = fields;
      const { saved, token } = await response.json() as { saved: string; token: string };
      for (const field of document.querySelectorAll<HTMLInputElement>("[name=csrf_token]")) field.value = token;
      this.status.textContent = `Kept at ${saved}, and not sent yet.`;
    } else if (response?.status === 401 || response?.status === 403) {
      this.status.textContent = "You are logged out. Send it all the same: after you have logged in again, it is there.";
    } else if (response?.status === 413) {
      this.status.textContent = "This is too long to be kept for you before it is sent.";
    }
  }

  // Offers the draft of this tab, in place of the server's, which is not newer.
  private offer(): void {
    const draft = loadDraft(this.key);
    // A page that answers the form shows what was sent, and has the newest version of the rest.
    if (draft === "" || draft === this.initial || "unsent" in this.form.dataset) return;
    const server = this.form.previousElementSibling;
    if (server?.matches("form.undo")) server.remove();
    const line = document.createElement("p");
    line.className = "problem";
    line.setAttribute("role", "status");
    const button = (label: string, run: () => void): HTMLButtonElement => {
      const made = document.createElement("button");
      made.type = "button";
      made.className = "plain";
      made.textContent = label;
      made.addEventListener("click", () => {
        run();
        line.remove();
        this.form.querySelector<HTMLElement>("input:not([type=hidden]), textarea")?.focus();
      });
      return made;
    };
    line.append("You typed something here that was not sent. ",
      button("Put it back", () => this.restore(JSON.parse(draft) as Fields)), " ",
      button("Throw it away", () => saveDraft(this.key, "")));
    this.form.before(line);
  }

  private restore(fields: Fields): void {
    const values = new Map(fields);
    for (const field of this.form.elements as unknown as Iterable<Field>) {
      const value = values.get(field.name);
      if (field.name === "csrf_token" || field.name === "form_owner" || field.type === "file") continue;
      if (field instanceof HTMLInputElement && field.type === "checkbox") field.checked = value !== undefined;
      else if (value !== undefined) field.value = value;
      if (field.matches("textarea[data-rich]")) field.dispatchEvent(new Event("restore"));
    }
  }
}
