// Drafts, stored for this tab and member until the answer is counted or the form is sent. They
// survive a reload and the end of the session.

const key = (draft: string): string => `draft ${draft}`;

// Storage may be blocked. Then a draft lasts as long as its page.
export function saveDraft(draft: string, text: string): void {
  try {
    if (text === "") sessionStorage.removeItem(key(draft));
    else sessionStorage.setItem(key(draft), text);
  } catch {
    return;
  }
}

export function loadDraft(draft: string): string {
  try {
    return sessionStorage.getItem(key(draft)) ?? "";
  } catch {
    return "";
  }
}
