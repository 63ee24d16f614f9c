import { axesOf, axisLabel } from "./axes";
import type { Curve } from "./curves";

const [WIDTH, HEIGHT] = [800, 450];
const [LEFT, RIGHT, TOP, BOTTOM] = [70, 20, 40, 40];
const LEGEND_LINE = 20;
const TICKS = 5;

/** Distinguishable also for people who do not see all colors (Okabe and Ito). */
const COLORS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];

/** Draws curves, with at least one point, as an SVG image. */
export function svgChart(title: string, curves: Curve[], log: boolean): string {
  const axes = axesOf(curves, log);
  const [width, height] = [WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM];
  const x = (step: number) => (LEFT + axes.x(step) * width).toFixed(1);
  const y = (position: number) => (TOP + (1 - position) * height).toFixed(1);
  const { first, last } = axes.steps;
  const positions = Array.from({ length: TICKS + 1 }, (_, index) => index / TICKS);
  const rows = positions.map((position) => {
    const line = `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(position)}" y2="${y(position)}" stroke="#ddd"/>`;
    return `${line}<text x="${LEFT - 8}" y="${y(position)}" dy="4" text-anchor="end">${axisLabel(axes.valueAt(position))}</text>`;
  });
  const steps = [...new Set(positions.map((position) => Math.round(first + position * (last - first))))];
  const columns = steps.map(
    (step) => `<text x="${x(step)}" y="${HEIGHT - BOTTOM + 20}" text-anchor="middle">${step}</text>`,
  );
  const lines = curves.map(({ points }, index) => {
    const path = points.map(({ step, value }) => `${x(step)},${y(axes.y(value))}`).join(" ");
    const color = colorOf(index);
    // A single point has no line.
    const dots =
      points.length > 1 ? "" : `<circle cx="${path.split(",")[0]}" cy="${path.split(",")[1]}" r="3" fill="${color}"/>`;
    return `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="1.5"/>${dots}`;
  });
  const legend = curves.map(({ label }, index) => {
    const top = HEIGHT + index * LEGEND_LINE;
    const color = colorOf(index);
    return `<rect x="${LEFT}" y="${top}" width="18" height="4" fill="${color}"/><text x="${LEFT + 26}" y="${top + 6}">${escaped(label)}</text>`;
  });
  const total = HEIGHT + curves.length * LEGEND_LINE;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${total}" width="${WIDTH}" height="${total}" font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    `<text x="${LEFT}" y="${TOP - 16}" font-size="15">${escaped(title)}</text>`,
    ...rows,
    ...columns,
    ...lines,
    ...legend,
    "</svg>",
  ].join("\n")}\n`;
}

const colorOf = (index: number) => COLORS[index % COLORS.length] as string;

const escaped = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
