// The theme, light or dark. It follows the device until the visitor chooses another one.

type Theme = "light" | "dark";

const STORAGE_KEY = "theme";
const root = document.documentElement;
const device = matchMedia("(prefers-color-scheme: dark)");

export function setUpTheme(): void {
  const theme = loadTheme();
  if (theme) root.dataset.theme = theme;

  const place = document.getElementById("theme");
  if (!place) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "theme-button";
  const label = document.createElement("span");
  button.append(label);
  const show = (): void => {
    const next = otherTheme(currentTheme());
    button.dataset.next = next;
    label.textContent = `Switch to the ${next} look`;
  };
  button.addEventListener("click", () => {
    const next = otherTheme(currentTheme());
    // A choice that agrees with the device is not stored. The site follows the device again.
    if (next === deviceTheme()) {
      delete root.dataset.theme;
      saveTheme(null);
    } else {
      root.dataset.theme = next;
      saveTheme(next);
    }
    show();
  });
  device.addEventListener("change", show);
  show();
  place.append(button);
}

function deviceTheme(): Theme {
  return device.matches ? "dark" : "light";
}

function currentTheme(): Theme {
  return root.dataset.theme === "dark" || root.dataset.theme === "light" ? root.dataset.theme : deviceTheme();
}

function otherTheme(theme: Theme): Theme {
  return theme === "dark" ? "light" : "dark";
}

// Storage may be blocked. Then the choice lasts for one page.
function loadTheme(): Theme | null {
  try {
    const theme = localStorage.getItem(STORAGE_KEY);
    return theme === "dark" || theme === "light" ? theme : null;
  } catch {
    return null;
  }
}

function saveTheme(theme: Theme | null): void {
  try {
    if (theme) localStorage.setItem(STORAGE_KEY, theme);
    else localStorage.removeItem(STORAGE_KEY);
  } catch {
    return;
  }
}
