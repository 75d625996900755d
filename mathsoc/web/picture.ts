// Asks for a picture, and for the words that stand for it where it is not seen; sends it to the site.

import { Question, type Wrong } from "./ask";
import { send, type Kept } from "./send";

export interface Picture {
  src: string;
  alt: string;
  width: string | null;
  height: string | null;
}

const ACCEPT = ".png,.jpg,.jpeg,.gif,.webp";

// A picture that the site keeps now, and whether it waits for the scanner; nothing where nobody wants it any more.
export async function newPicture(token: string, given?: File): Promise<[Picture, waits: boolean] | null> {
  const question = new Question("Picture", "Insert it");
  if (given) question.note(`${given.name || "What was pasted"}, ${size(given)}`);
  const chosen = given ? null : question.file("File", "PNG, JPEG, GIF or WebP.", ACCEPT);
  const words = new Words(question, "");
  let kept: Kept | undefined;
  const taken = await question.ask(async () => {
    const file = given ?? chosen?.files?.[0];
    if (!file) return chosen && ["Choose a file.", chosen];
    const wrong = words.wrong();
    if (wrong) return wrong;
    // At the end it is looked at, which takes as long as it takes.
    const told = (part: number): void => {
      if (part < 1) question.tell(`Sending: ${Math.floor(part * 100)} %`, part);
      else question.tell("It has arrived and is being checked.");
    };
    try {
      told(0);
      kept = await send(file, token, told, question.closed);
      return null;
    } catch (error) {
      return [error instanceof Error ? error.message : String(error), chosen ?? words.alt];
    }
  });
  if (!taken || !kept) return null;
  const text = (pixels: number | null): string | null => (pixels === null ? null : String(pixels));
  return [{ src: kept.src, alt: words.value, width: text(kept.width), height: text(kept.height) }, kept.waits];
}

// Other words for a picture that is there.
export async function otherWords(alt: string): Promise<string | null> {
  const question = new Question("Change the words for the picture", "Change them");
  const words = new Words(question, alt);
  words.decorates.checked = alt === "";
  words.update();
  return (await question.ask(() => words.wrong())) ? words.value : null;
}

// A line for the words, unless it is said that none are needed.
class Words {
  readonly alt: HTMLInputElement;
  readonly decorates: HTMLInputElement;

  constructor(question: Question, alt: string) {
    this.alt = question.line("What it shows", "A sentence for those who cannot see it.", alt);
    this.decorates = question.tick("It only decorates: there is nothing to say of it");
    this.decorates.addEventListener("change", () => this.update());
  }

  get value(): string {
    return this.decorates.checked ? "" : this.alt.value.trim();
  }

  update(): void {
    this.alt.disabled = this.decorates.checked;
  }

  wrong(): Wrong | null {
    if (this.decorates.checked || this.value !== "") return null;
    return ["Write what the picture shows, or say that it only decorates.", this.alt];
  }
}

// The files that were pasted or dropped. Programs that copy text put a picture of it beside: then it is the text that is meant.
export function filesIn(data: DataTransfer | null): File[] {
  return data && data.getData("text/plain") === "" ? [...data.files] : [];
}

function size({ size }: File): string {
  return size < 1 << 20 ? `${Math.max(1, Math.round(size / 1024))} KiB` : `${(size / (1 << 20)).toFixed(1)} MiB`;
}
