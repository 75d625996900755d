// What was typed and not yet counted, kept in this tab for the member who typed it: a page that is lost on the way takes
// nothing with it.

const key = (draft: string): string => `answer ${draft}`;

// Storage may be forbidden; then a draft lasts as long as its page.
export function keep(draft: string, text: string): void {
  try {
    if (text === "") sessionStorage.removeItem(key(draft));
    else sessionStorage.setItem(key(draft), text);
  } catch {
    return;
  }
}

export function kept(draft: string): string {
  try {
    return sessionStorage.getItem(key(draft)) ?? "";
  } catch {
    return "";
  }
}
