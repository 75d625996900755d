// Uploads a picture and reports the progress. `fetch` has no upload progress, so this uses
// XMLHttpRequest.

export interface UploadedPicture {
  src: string;
  name: string;
  width: number | null;
  height: number | null;
  // `true` until the virus scanner has passed the picture. The site does not show it before.
  waits: boolean;
}

export function upload(file: File, token: string, onProgress: (fraction: number) => void, signal: AbortSignal): Promise<UploadedPicture> {
  const form = new FormData();
  form.append("picture", file);
  const request = new XMLHttpRequest();
  request.open("POST", "/admin/api/pictures");
  request.setRequestHeader("Accept", "application/json");
  request.setRequestHeader("X-CSRFToken", token);
  request.upload.addEventListener("progress", ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0));
  signal.addEventListener("abort", () => request.abort());
  return new Promise((resolve, reject) => {
    request.addEventListener("load", () => {
      const body = parseObject(request.responseText);
      if (request.status === 201 && body) resolve(body as unknown as UploadedPicture);
      else reject(new Error(errorMessage(request.status, body?.detail)));
    });
    // A server may close the connection before it has read a body that is too large. Then there
    // is no response to read.
    request.addEventListener("error", () => reject(new Error("The picture did not arrive: the connection ended. Try again, with a smaller one if it is large.")));
    request.addEventListener("abort", () => reject(new Error("It was not sent.")));
    request.send(form);
  });
}

function errorMessage(status: number, detail: unknown): string {
  return typeof detail === "string" && detail !== "" ? detail : `The site answers ${status}, and does not say why. Try again in a moment.`;
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const body: unknown = JSON.parse(text);
    return body && typeof body === "object" ? (body as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
