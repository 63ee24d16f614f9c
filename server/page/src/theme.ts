export type Theme = "system" | "light" | "dark";

const KEY = "theme";

/** Returns the theme that the user has chosen in this browser. */
export function chosenTheme(): Theme {
  const stored = localStorage.getItem(KEY);
  return stored === "light" || stored === "dark" ? stored : "system";
}

/** Shows the page in a theme, and remembers the choice. Dispatches `theme` on `window`, because canvases must draw again. */
export function applyTheme(theme: Theme = chosenTheme()): void {
  localStorage.setItem(KEY, theme);
  document.documentElement.dataset.theme = theme;
  window.dispatchEvent(new Event("theme"));
}
