// Sends a file to the site, and tells how far it is. `fetch` does not say how much has left.

export interface Kept {
  src: string;
  name: string;
  width: number | null;
  height: number | null;
  // The scanner has not seen it yet, and nobody sees it before.
  waits: boolean;
}

export function send(file: File, token: string, told: (part: number) => void, stop: AbortSignal): Promise<Kept> {
  const form = new FormData();
  form.append("picture", file);
  const request = new XMLHttpRequest();
  request.open("POST", "/admin/api/pictures");
  request.setRequestHeader("Accept", "application/json");
  request.setRequestHeader("X-CSRFToken", token);
  request.upload.addEventListener("progress", ({ loaded, total }) => told(total > 0 ? loaded / total : 0));
  stop.addEventListener("abort", () => request.abort());
  return new Promise((kept, wrong) => {
    request.addEventListener("load", () => {
      const said = read(request.responseText);
      if (request.status === 201 && said) kept(said as unknown as Kept);
      else wrong(new Error(why(request.status, said?.detail)));
    });
    // A server may hang up on what is too large before it has read it all, and then there is no answer to read.
    request.addEventListener("error", () => wrong(new Error("The picture did not arrive: the connection ended. Try again, with a smaller one if it is large.")));
    request.addEventListener("abort", () => wrong(new Error("It was not sent.")));
    request.send(form);
  });
}

function why(status: number, detail: unknown): string {
  return typeof detail === "string" && detail !== "" ? detail : `The site answers ${status}, and does not say why. Try again in a moment.`;
}

function read(text: string): Record<string, unknown> | null {
  try {
    const said: unknown = JSON.parse(text);
    return said && typeof said === "object" ? (said as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
