import { useState } from "preact/hooks";
import { applyTheme, chosenTheme, type Theme } from "../theme";

const THEMES: readonly Theme[] = ["system", "light", "dark"];

/** Chooses between the theme of the system, light and dark. */
export function ThemeButton() {
  const [theme, setTheme] = useState(chosenTheme);
  const choose = (chosen: Theme) => {
    applyTheme(chosen);
    setTheme(chosen);
  };
  return (
    <label class="theme">
      <span>Theme</span>
      <select value={theme} onChange={(event) => choose(event.currentTarget.value as Theme)}>
        {THEMES.map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
    </label>
  );
}
