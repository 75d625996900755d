// A button beside each password field that shows the password. The form hides it before it is
// submitted, so that browsers do not store it as ordinary text.

export function addPasswordToggles(): void {
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
