/** The colours of a chart. A canvas cannot use the page's CSS variables. */
export interface Palette {
  curves: string[];
  text: string;
  grid: string;
}

const CURVES = 8;

/** Reads the colours of the current theme from the page's styles. @param host an element of the page */
export function readPalette(host: HTMLElement): Palette {
  const probe = document.createElement("span");
  host.append(probe);
  const colorOf = () => getComputedStyle(probe).color;
  const curves = Array.from({ length: CURVES }, (_, index) => {
    probe.className = `curve-${index}`;
    return colorOf();
  });
  probe.className = "chart-text";
  const text = colorOf();
  probe.className = "chart-grid";
  const grid = colorOf();
  probe.remove();
  return { curves, text, grid };
}

/** Calls a function when the theme of the page or of the system changes. */
export function onThemeChange(listener: () => void): () => void {
  const media = matchMedia("(prefers-color-scheme: dark)");
  window.addEventListener("theme", listener);
  media.addEventListener("change", listener);
  return () => {
    window.removeEventListener("theme", listener);
    media.removeEventListener("change", listener);
  };
}
