import { styleText } from "node:util";
import { type Axes, axesOf, axisLabel } from "./axes";
import type { Curve } from "./curves";

type Color = Parameters<typeof styleText>[0];

const COLORS: Color[] = ["cyan", "yellow", "magenta", "green", "blue", "red"];

/** Marks of the curves without colors. */
const MARKS = ["*", "o", "+", "x", "#", "@", "%", "&", "=", "~", "^", ":"];

/** A character of Braille has two columns and four rows of dots. These are the bits of the dots of each row. */
const DOTS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;
const BRAILLE = 0x2800;

/** One character of the chart. */
interface Cell {
  dots: number;
  /** The index of the curve that was drawn last. */
  curve: number;
}

export interface ChartOptions {
  /** The size in characters, with the labels of the y-axis and without the legend. */
  width: number;
  height: number;
  log: boolean;
  /** Whether to distinguish the curves by color. */
  isStyled: boolean;
}

/** Draws curves, with at least one point. */
export function terminalChart(curves: Curve[], { width, height, log, isStyled }: ChartOptions): string {
  const axes = axesOf(curves, log);
  const labels = Array.from({ length: height }, (_, row) =>
    row % 5 === 0 || row === height - 1 ? axisLabel(axes.valueAt(height > 1 ? 1 - row / (height - 1) : 1)) : "",
  );
  const margin = Math.max(...labels.map((label) => label.length));
  const columns = Math.max(10, width - margin - 2);
  const cells = draw(curves, axes, columns, height);
  const markOf = markerFor(curves.length, isStyled);
  const rows = cells.map((row, index) => {
    const label = (labels[index] as string).padStart(margin);
    return `${label} ${labels[index] === "" ? "│" : "┤"}${row.map((cell) => (cell ? markOf(cell) : " ")).join("")}`.trimEnd();
  });
  const indent = " ".repeat(margin + 1);
  return [
    ...rows,
    `${indent}└${"─".repeat(columns)}`,
    `${indent} ${stepLabels(axes, columns)}`,
    ...legend(curves, isStyled),
  ].join("\n");
}

function draw(curves: Curve[], axes: Axes, columns: number, rows: number): (Cell | undefined)[][] {
  const cells = Array.from({ length: rows }, () => new Array<Cell | undefined>(columns).fill(undefined));
  const [right, bottom] = [columns * 2 - 1, rows * 4 - 1];
  curves.forEach(({ points }, curve) => {
    const set = (x: number, y: number) => {
      const row = cells[Math.floor(y / 4)] as (Cell | undefined)[];
      const column = Math.floor(x / 2);
      const dot = (DOTS[y % 4] as (typeof DOTS)[number])[(x % 2) as 0 | 1];
      row[column] = { dots: (row[column]?.dots ?? 0) | dot, curve };
    };
    let before: [number, number] | undefined;
    for (const { step, value } of points) {
      const [x, y] = [Math.round(axes.x(step) * right), Math.round((1 - axes.y(value)) * bottom)];
      const [fromX, fromY] = before ?? [x, y];
      const distance = Math.max(Math.abs(x - fromX), Math.abs(y - fromY), 1);
      for (let part = 0; part <= distance; part++) {
        const share = part / distance;
        set(Math.round(fromX + (x - fromX) * share), Math.round(fromY + (y - fromY) * share));
      }
      before = [x, y];
    }
  });
  return cells;
}

/** Without colors, several curves have different characters. */
function markerFor(curves: number, isStyled: boolean): (cell: Cell) => string {
  const braille = ({ dots }: Cell) => String.fromCharCode(BRAILLE + dots);
  if (isStyled) return (cell) => styleText(colorOf(cell.curve), braille(cell));
  return curves === 1 ? braille : ({ curve }) => MARKS[curve % MARKS.length] as string;
}

function stepLabels({ steps: { first, last } }: Axes, columns: number): string {
  const [left, right] = [String(first), first === last ? "" : String(last)];
  const middle = last - first >= 2 ? String(Math.round((first + last) / 2)) : "";
  const center = Math.floor((columns - middle.length) / 2);
  return `${left.padEnd(center)}${middle}`.padEnd(columns - right.length) + right;
}

function legend(curves: Curve[], isStyled: boolean): string[] {
  return curves.map(({ label, points }, index) => {
    const plain = curves.length === 1 ? "⣀" : (MARKS[index % MARKS.length] as string);
    const mark = isStyled ? styleText(colorOf(index), "⣀⣀") : plain;
    return `${mark} ${label}: last ${axisLabel(points.at(-1)?.value as number)}, lowest ${axisLabel(lowest(points))}`;
  });
}

const lowest = (points: Curve["points"]) => points.reduce((least, { value }) => Math.min(least, value), Infinity);

const colorOf = (curve: number) => COLORS[curve % COLORS.length] as Color;
