import uPlot from "uplot";
import { duration } from "../format";
import type { XAxis } from "./liveCurves";
import { onThemeChange, readPalette } from "./palette";
import type { Column } from "./pointTable";
import { SmoothedColumn } from "./smoothing";

/** A curve of a chart. */
export interface ChartLine {
  /** Tells the lines of a chart apart. */
  key: string;
  label: string;
  /** The number of its colour: 0 to 7. */
  curve: number;
  values: Column;
  /** Whether smoothing applies. The curve itself then stays visible, but faint. */
  canSmooth: boolean;
  /** Few points, far apart: each is marked. */
  isSparse?: boolean;
}

export interface PlotOptions {
  title: string;
  x: readonly number[];
  lines: readonly ChartLine[];
  axis: XAxis;
  isLog: boolean;
  /** Writes a value of the vertical axis. */
  formatTick: (value: number) => string;
  /** Charts with the same key share the crosshair. */
  syncKey: string;
  /** Called when the crosshair moves. @param row undefined: it has left the chart */
  onCursor: (row: number | undefined) => void;
}

const HEIGHT = 230;
const FONT = "12px system-ui, sans-serif";
const FAINT = 0.3;
const WIDTHS = { curve: 2, faint: 1 };
/** Steps are whole numbers. */
const STEP_INCREMENTS = [0, 1, 2, 3, 4, 5, 6].flatMap((power) => [1, 2, 5].map((digit) => digit * 10 ** power));

/** Draws curves on a canvas. Follows the size of its element and the theme. */
export class ChartPlot {
  private readonly plot: uPlot;
  private palette;
  private smoothed: (SmoothedColumn | undefined)[] = [];
  private hidden: ReadonlySet<string> = new Set();
  /** The first and the last value of the horizontal axis when it was drawn. */
  private range: (number | undefined)[] = [];
  private readonly stopTheme: () => void;
  private readonly observer: ResizeObserver;

  constructor(
    private readonly element: HTMLElement,
    private readonly options: PlotOptions,
  ) {
    this.palette = readPalette(element);
    this.plot = new uPlot(this.toOptions(), this.data(), element);
    this.range = [options.x[0], options.x.at(-1)];
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(element);
    this.stopTheme = onThemeChange(() => {
      this.palette = readPalette(element);
      this.plot.redraw(false);
    });
  }

  /** The row at the crosshair. */
  get row(): number | undefined {
    return this.plot.cursor.idx ?? undefined;
  }

  destroy(): void {
    this.observer.disconnect();
    this.stopTheme();
    this.plot.destroy();
  }

  /** @param weight see `SmoothedColumn` */
  smooth(weight: number): void {
    this.smoothed = this.options.lines.map(({ canSmooth, values }) =>
      canSmooth && weight > 0 ? new SmoothedColumn(values, weight) : undefined,
    );
    this.show();
    this.draw();
  }

  /** Shows all lines except for those with these keys. */
  hide(keys: ReadonlySet<string>): void {
    this.hidden = keys;
    this.show();
    this.draw();
  }

  /** @param from the first row that has changed */
  update(from: number): void {
    for (const column of this.smoothed) column?.update(from);
    this.draw();
  }

  private draw(): void {
    const { min, max } = this.plot.scales.x ?? {};
    const { x } = this.options;
    // A user who has zoomed in keeps the view.
    const [first, last] = this.range;
    const isZoomed =
      min != null && max != null && first !== undefined && last !== undefined && (min > first || max < last);
    this.plot.setData(this.data(), !isZoomed);
    if (isZoomed) this.plot.redraw(true, false);
    this.range = [x[0], x.at(-1)];
  }

  /** uPlot has two series for each line: the curve, and the smoothed curve. */
  private data(): uPlot.AlignedData {
    const { x, lines } = this.options;
    const columns = lines.flatMap(({ values }, index) => [values, this.smoothed[index]?.values ?? values]);
    return [x as number[], ...columns];
  }

  private show(): void {
    const { lines } = this.options;
    lines.forEach(({ key }, index) => {
      const isSmoothed = this.smoothed[index] !== undefined;
      const [curve, smooth] = [this.plot.series[1 + index * 2], this.plot.series[2 + index * 2]];
      if (curve === undefined || smooth === undefined) return;
      curve.show = !this.hidden.has(key);
      curve.alpha = isSmoothed ? FAINT : 1;
      curve.width = isSmoothed ? WIDTHS.faint : WIDTHS.curve;
      smooth.show = isSmoothed && curve.show;
    });
  }

  private resize(): void {
    const width = this.element.clientWidth;
    if (width > 0 && width !== this.plot.width) this.plot.setSize({ width, height: HEIGHT });
  }

  private toOptions(): uPlot.Options {
    const { lines, axis, isLog, syncKey, onCursor, formatTick } = this.options;
    const text = () => this.palette.text;
    const ticks = { stroke: () => this.palette.grid, width: 1 };
    return {
      width: Math.max(200, this.element.clientWidth),
      height: HEIGHT,
      padding: [8, 12, 0, 0],
      legend: { show: false },
      cursor: {
        sync: { key: syncKey, scales: ["x", null] },
        points: { size: 7 },
        drag: { x: true, y: false, dist: 5 },
        focus: { prox: -1 },
      },
      scales: { x: { time: axis === "wall" }, y: isLog ? { distr: 3 } : {} },
      axes: [
        {
          stroke: text,
          font: FONT,
          grid: ticks,
          ticks,
          space: 70,
          size: 34,
          ...(axis === "steps" && { incrs: STEP_INCREMENTS, values: (_, splits) => splits.map(formatStep) }),
          ...(axis === "relative" && { incrs: TIME_INCREMENTS, values: (_, splits) => splits.map(formatTime) }),
        },
        {
          stroke: text,
          font: FONT,
          grid: ticks,
          ticks,
          size: 58,
          values: (_, splits) => splits.map((value) => (value === null ? "" : formatTick(value))),
        },
      ],
      series: [
        {},
        ...lines.flatMap(({ label, curve, isSparse }): uPlot.Series[] => {
          const stroke = () => this.palette.curves[curve % this.palette.curves.length] as string;
          const common = { label, stroke, width: WIDTHS.curve, spanGaps: true };
          return [
            { ...common, points: isSparse ? { show: true, size: 6, fill: stroke } : {} },
            { ...common, show: false, points: { show: false } },
          ];
        }),
      ],
      hooks: {
        setCursor: [({ cursor }) => onCursor(cursor.idx ?? undefined)],
      },
    };
  }
}

const TIME_INCREMENTS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400];
const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });
const formatStep = (value: number | null) => (value === null ? "" : compact.format(value));
const formatTime = (value: number | null) => (value === null ? "" : duration(Math.max(0, value)));
