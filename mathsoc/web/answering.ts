// One answer box: sends what is in it, and says what came of it, on the page that is open. Where that fails, the form is sent
// as it would be without script.

import { keep, kept } from "./drafts";
import { Entry } from "./entry";
import { vetted } from "./vetted";

// What the site says of an answer that it took, and of one that it did not.
interface Said {
  said: string;
  solved_box: boolean;
  hint: string | null;
  read_as: string | null;
  tries_left: number;
  tries: string;
}
interface Problem {
  detail: string;
}

export class Answering {
  private readonly input: HTMLInputElement;
  private readonly tries: HTMLElement;
  private readonly entry: Entry;
  // It is on the page from the beginning, so that what is put into it is read out.
  private readonly verdict: HTMLElement;
  private readonly draft: string;
  private sending = false;

  constructor(private readonly form: HTMLFormElement) {
    const verdict = form.parentElement?.querySelector<HTMLElement>(".verdicts");
    if (!verdict) throw new Error("an answer box has no place for its verdict");
    this.verdict = verdict;
    this.input = this.find('input[name="answer"]');
    this.tries = this.find(".help");
    this.draft = `${form.dataset.member} ${this.value("box")}`;
    this.input.value ||= kept(this.draft);
    this.entry = new Entry(this.input, this.tries, () => {
      keep(this.draft, this.input.value);
      form.querySelector(".wrong")?.remove();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.send();
    });
  }

  private find<E extends Element>(selector: string): E {
    const found = this.form.querySelector<E>(selector);
    if (!found) throw new Error(`an answer box has no ${selector}`);
    return found;
  }

  private value(name: string): string {
    return this.find<HTMLInputElement>(`input[name="${name}"]`).value;
  }

  private async send(): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    this.entry.settle();
    this.form.classList.add("sending");
    const answer = await this.answer().catch(() => null);
    this.sending = false;
    this.form.classList.remove("sending");
    if (answer?.status === 200) this.taken(answer.said as Said);
    else if (answer?.status === 409) this.over((answer.said as Problem).detail);
    else if (answer?.status === 422) this.wrong((answer.said as Problem).detail, true);
    else if (answer?.status === 429) this.wrong("That was too quick: wait a minute, then answer again.", false);
    else if (answer?.status === 401 || answer?.status === 403) {
      this.wrong("You are logged out, or this page is too old.", false, again());
    } else this.form.submit();
  }

  private async answer(): Promise<{ status: number; said: unknown }> {
    const answer = await fetch("/api/submit", {
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
    return { status: answer.status, said: await answer.json() };
  }

  private taken(said: Said): void {
    keep(this.draft, "");
    this.form.querySelector(".wrong")?.remove();
    const verdict = document.createElement("p");
    verdict.className = said.solved_box ? "verdict right" : "verdict";
    const first = document.createElement("b");
    first.textContent = said.said;
    verdict.append(first, ` ${said.hint ? `${said.hint} ` : ""}`);
    const math = said.read_as === null ? null : vetted(said.read_as);
    if (math !== null) {
      const read = document.createElement("span");
      read.innerHTML = math;
      verdict.append("We read your answer as ", ...read.childNodes, ".");
    }
    this.verdict.replaceChildren(verdict);
    this.tries.textContent = said.tries;
    if (!said.solved_box && said.tries_left > 0) return this.entry.focus();
    this.close(said.solved_box ? [] : [this.tries]);
  }

  // The box is solved, or its tries are used up, or the challenge is closed: elsewhere, meanwhile.
  private over(detail: string): void {
    const verdict = document.createElement("p");
    verdict.className = "verdict";
    verdict.append(detail, " ", again());
    this.verdict.replaceChildren(verdict);
    this.close([]);
  }

  // The answer is not taken now. It stays where it is.
  private wrong(detail: string, unreadable: boolean, ...more: Node[]): void {
    const why = document.createElement("span");
    why.className = "wrong";
    why.setAttribute("role", "alert");
    why.append(detail, " ", ...more);
    this.form.querySelector(".wrong")?.remove();
    this.find(".with-button").before(why);
    this.entry.mark(unreadable);
    this.entry.focus();
  }

  // The box takes no more: what was said takes the place of the form, for who was in it too.
  private close(rest: HTMLElement[]): void {
    for (const one of rest) this.form.before(one);
    this.form.remove();
    if (!document.querySelector("form.answer")) this.verdict.closest(".answers")?.querySelector(".hint")?.remove();
    this.verdict.tabIndex = -1;
    this.verdict.focus();
  }
}

function again(): HTMLAnchorElement {
  const link = document.createElement("a");
  link.href = location.pathname;
  link.textContent = "Load the page again.";
  return link;
}
