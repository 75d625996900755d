// The dialogs for pictures: a file with its alternative text, which is uploaded at once, and a new
// alternative text for a picture in the document.

import { FormDialog, type InvalidInput } from "./dialog";
import { upload, type UploadedPicture } from "./upload";

export interface Picture {
  src: string;
  alt: string;
  width: string | null;
  height: string | null;
}

const ACCEPT = ".png,.jpg,.jpeg,.gif,.webp";

// Resolves to the uploaded picture and `true` if it waits for the virus scanner, or to `null` if
// the dialog was cancelled. Without a file, the dialog asks for one.
export async function askForPicture(token: string, file?: File): Promise<[Picture, waits: boolean] | null> {
  const dialog = new FormDialog("Picture", "Insert it");
  if (file) dialog.addText(`${file.name || "What was pasted"}, ${formatSize(file)}`);
  const fileField = file ? null : dialog.addFileField("File", "PNG, JPEG, GIF or WebP.", ACCEPT);
  const altText = new AltTextFields(dialog, "");
  let uploaded: UploadedPicture | undefined;
  const accepted = await dialog.open(async () => {
    const chosen = file ?? fileField?.files?.[0];
    if (!chosen) return fileField && ["Choose a file.", fileField];
    const invalid = altText.validate();
    if (invalid) return invalid;
    // After the last byte the server scans the file, for as long as the scanner needs.
    const showProgress = (fraction: number): void => {
      if (fraction < 1) dialog.showProgress(`Sending: ${Math.floor(fraction * 100)} %`, fraction);
      else dialog.showProgress("It has arrived and is being checked.");
    };
    try {
      showProgress(0);
      uploaded = await upload(chosen, token, showProgress, dialog.closed);
      return null;
    } catch (error) {
      return [error instanceof Error ? error.message : String(error), fileField ?? altText.alt];
    }
  });
  if (!accepted || !uploaded) return null;
  const text = (pixels: number | null): string | null => (pixels === null ? null : String(pixels));
  const { src, width, height, waits } = uploaded;
  return [{ src, alt: altText.value, width: text(width), height: text(height) }, waits];
}

// Resolves to the new alternative text, or to `null` if the dialog was cancelled.
export async function askForAltText(alt: string): Promise<string | null> {
  const dialog = new FormDialog("Change the words for the picture", "Change them");
  const altText = new AltTextFields(dialog, alt);
  altText.decorative.checked = alt === "";
  altText.update();
  return (await dialog.open(() => altText.validate())) ? altText.value : null;
}

// The field for the alternative text, and the checkbox of a decorative picture, which has none.
class AltTextFields {
  readonly alt: HTMLInputElement;
  readonly decorative: HTMLInputElement;

  constructor(dialog: FormDialog, alt: string) {
    this.alt = dialog.addTextField("What it shows", "A sentence for those who cannot see it.", alt);
    this.decorative = dialog.addCheckbox("It only decorates: there is nothing to say of it");
    this.decorative.addEventListener("change", () => this.update());
  }

  get value(): string {
    return this.decorative.checked ? "" : this.alt.value.trim();
  }

  update(): void {
    this.alt.disabled = this.decorative.checked;
  }

  validate(): InvalidInput | null {
    if (this.decorative.checked || this.value !== "") return null;
    return ["Write what the picture shows, or say that it only decorates.", this.alt];
  }
}

// The files of a paste or drop. Office programs add a picture of copied text beside the text.
// The text counts then.
export function filesIn(data: DataTransfer | null): File[] {
  return data && data.getData("text/plain") === "" ? [...data.files] : [];
}

function formatSize({ size }: File): string {
  return size < 1 << 20 ? `${Math.max(1, Math.round(size / 1024))} KiB` : `${(size / (1 << 20)).toFixed(1)} MiB`;
}
