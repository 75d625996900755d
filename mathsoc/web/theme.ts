// Light or dark: as the device says, until the visitor says otherwise here.

type Theme = "light" | "dark";

const KEY = "theme";
const root = document.documentElement;
const device = matchMedia("(prefers-color-scheme: dark)");

export function rememberedTheme(): void {
  const theme = remembered();
  if (theme) root.dataset.theme = theme;

  const place = document.getElementById("theme");
  if (!place) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "theme-button";
  const label = document.createElement("span");
  button.append(label);
  const show = (): void => {
    const next = other(shown());
    button.dataset.next = next;
    label.textContent = `Switch to the ${next} look`;
  };
  button.addEventListener("click", () => {
    const next = other(shown());
    // A choice that agrees with the device need not be remembered: then the site follows the device again.
    if (next === ofDevice()) {
      delete root.dataset.theme;
      remember(null);
    } else {
      root.dataset.theme = next;
      remember(next);
    }
    show();
  });
  device.addEventListener("change", show);
  show();
  place.append(button);
}

function ofDevice(): Theme {
  return device.matches ? "dark" : "light";
}

function shown(): Theme {
  return root.dataset.theme === "dark" || root.dataset.theme === "light" ? root.dataset.theme : ofDevice();
}

function other(theme: Theme): Theme {
  return theme === "dark" ? "light" : "dark";
}

// Storage may be forbidden; then the choice lasts for one page.
function remembered(): Theme | null {
  try {
    const theme = localStorage.getItem(KEY);
    return theme === "dark" || theme === "light" ? theme : null;
  } catch {
    return null;
  }
}

function remember(theme: Theme | null): void {
  try {
    if (theme) localStorage.setItem(KEY, theme);
    else localStorage.removeItem(KEY);
  } catch {
    return;
  }
}
