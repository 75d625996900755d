// The form of one answer box. It submits the answer with `fetch` and shows the verdict on the open
// page. If the request fails, the browser submits the form as it does without script.

import { loadDraft, saveDraft } from "./drafts";
import { MathInput } from "./math_input";
import { checkMarkup } from "./trusted_types";

// The JSON body of an accepted answer.
interface Verdict {
  said: string;
  solved_box: boolean;
  hint: string | null;
  read_as: string | null;
  tries_left: number;
  tries: string;
}

// The JSON body of a rejected answer.
interface Problem {
  detail: string;
}

export class AnswerForm {
  private readonly input: HTMLInputElement;
  private readonly tries: HTMLElement;
  private readonly mathInput: MathInput;
  // A live region. It is in the page from the start, so that screen readers announce its changes.
  private readonly verdicts: HTMLElement;
  private readonly draft: string;
  private sending = false;

  constructor(private readonly form: HTMLFormElement) {
    const verdicts = form.parentElement?.querySelector<HTMLElement>(".verdicts");
    if (!verdicts) throw new Error("an answer box has no element .verdicts");
    this.verdicts = verdicts;
    this.input = this.find('input[name="answer"]');
    this.tries = this.find(".help");
    this.draft = `answer ${form.dataset.member} ${this.value("box")}`;
    this.input.value ||= loadDraft(this.draft);
    this.mathInput = new MathInput(this.input, this.tries, () => {
      saveDraft(this.draft, this.input.value);
      form.querySelector(".wrong")?.remove();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.send();
    });
  }

  private find<E extends Element>(selector: string): E {
    const found = this.form.querySelector<E>(selector);
    if (!found) throw new Error(`an answer box has no element ${selector}`);
    return found;
  }

  private value(name: string): string {
    return this.find<HTMLInputElement>(`input[name="${name}"]`).value;
  }

  private async send(): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    this.mathInput.commit();
    this.form.classList.add("sending");
    const response = await this.post().catch(() => null);
    this.sending = false;
    this.form.classList.remove("sending");
    if (response?.status === 200) this.showVerdict(response.body as Verdict);
    else if (response?.status === 409) this.closeWith((response.body as Problem).detail);
    else if (response?.status === 422) this.showError((response.body as Problem).detail, true);
    else if (response?.status === 429) this.showError("That was too quick: wait a minute, then answer again.", false);
    else if (response?.status === 401 || response?.status === 403) {
      this.showError("You are logged out, or this page is too old.", false, reloadLink());
    } else this.form.submit();
  }

  private async post(): Promise<{ status: number; body: unknown }> {
    const response = await fetch("/api/submit", {
      method: "POST",
      headers: {
        Accept: "application/json",
        "Content-Type": "application/json",
        "X-CSRFToken": this.value("csrf_token"),
      },
      body: JSON.stringify({
        challenge: Number(this.form.dataset.challenge),
        box: Number(this.value("box")),
        answer: this.input.value,
      }),
    });
    return { status: response.status, body: await response.json() };
  }

  private showVerdict(verdict: Verdict): void {
    saveDraft(this.draft, "");
    this.form.querySelector(".wrong")?.remove();
    const line = document.createElement("p");
    line.className = verdict.solved_box ? "verdict right" : "verdict";
    const first = document.createElement("b");
    first.textContent = verdict.said;
    line.append(first, ` ${verdict.hint ? `${verdict.hint} ` : ""}`);
    const math = verdict.read_as === null ? null : checkMarkup(verdict.read_as);
    if (math !== null) {
      const readAs = document.createElement("span");
      readAs.innerHTML = math;
      line.append("We read your answer as ", ...readAs.childNodes, ".");
    }
    this.verdicts.replaceChildren(line);
    this.tries.textContent = verdict.tries;
    if (!verdict.solved_box && verdict.tries_left > 0) return this.mathInput.focus();
    this.close(verdict.solved_box ? [] : [this.tries]);
  }

  // Another tab or a clock has closed the box: it is solved, has no tries left, or its challenge
  // is over.
  private closeWith(detail: string): void {
    const line = document.createElement("p");
    line.className = "verdict";
    line.append(detail, " ", reloadLink());
    this.verdicts.replaceChildren(line);
    this.close([]);
  }

  // Shows why the answer was rejected. The answer stays in its field.
  private showError(detail: string, invalid: boolean, ...more: Node[]): void {
    const error = document.createElement("span");
    error.className = "wrong";
    error.setAttribute("role", "alert");
    error.append(detail, " ", ...more);
    this.form.querySelector(".wrong")?.remove();
    this.find(".with-button").before(error);
    this.mathInput.setInvalid(invalid);
    this.mathInput.focus();
  }

  // Removes the form and moves the focus to the verdict, so that the keyboard keeps its place.
  private close(remaining: HTMLElement[]): void {
    for (const one of remaining) this.form.before(one);
    this.form.remove();
    if (!document.querySelector("form.answer")) this.verdicts.closest(".answers")?.querySelector(".hint")?.remove();
    this.verdicts.tabIndex = -1;
    this.verdicts.focus();
  }
}

function reloadLink(): HTMLAnchorElement {
  const link = document.createElement("a");
  link.href = location.pathname;
  link.textContent = "Load the page again.";
  return link;
}
