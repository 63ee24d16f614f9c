export type Theme = "system" | "light" | "dark";

const KEY = "theme";

/** Returns the theme that the user has chosen in this browser. */
export function chosenTheme(): Theme {
  const stored = storedTheme();
  return stored === "light" || stored === "dark" ? stored : "system";
}

/** Shows the page in a theme, and remembers the choice. Dispatches `theme` on `window`, because canvases must draw again. */
export function applyTheme(theme: Theme = chosenTheme()): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // The choice lasts until the page is closed.
  }
  document.documentElement.dataset.theme = theme;
  window.dispatchEvent(new Event("theme"));
}

function storedTheme(): string | null | undefined {
  try {
    return localStorage.getItem(KEY);
  } catch {
    // The browser blocks the storage of this page.
    return document.documentElement.dataset.theme;
  }
}
