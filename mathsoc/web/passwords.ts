// A button beside each password field that shows what was typed. The form hides it again before it is sent, so that
// browsers do not keep it among ordinary texts.

export function passwordsToShow(): void {
  for (const input of document.querySelectorAll<HTMLInputElement>('input[type="password"]')) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "plain";
    button.setAttribute("aria-controls", input.id);
    const set = (shown: boolean): void => {
      input.type = shown ? "text" : "password";
      button.textContent = shown ? "Hide" : "Show";
      button.setAttribute("aria-label", shown ? "Hide the password" : "Show the password");
    };
    button.addEventListener("click", () => set(input.type === "password"));
    input.form?.addEventListener("submit", () => set(false));
    set(false);
    const row = document.createElement("span");
    row.className = "secretive";
    input.before(row);
    row.append(input, button);
  }
}
