import { useEffect, useId, useMemo, useRef, useState } from "preact/hooks";
import { type ChartLine, ChartPlot } from "./chartPlot";
import { valueAt } from "./describeCurve";
import type { ChangeListener, XAxis } from "./liveCurves";
import { PointRows } from "./pointRows";
import { formatX } from "./xFormat";

export interface ChartProps {
  title: string;
  x: readonly number[];
  /** Keep the array while the chart shows the same curves: a new one draws a new chart. */
  lines: readonly ChartLine[];
  axis: XAxis;
  isLog?: boolean;
  /** 0 to below 1. */
  smoothing: number;
  /** Writes a value in the legend and in the table. */
  formatValue: (value: number) => string;
  /** Writes a value on the axis. Default: `formatValue`. */
  formatTick?: (value: number) => string;
  syncKey: string;
  /** Calls a listener when the arrays have changed. */
  subscribe?: (listener: ChangeListener) => () => void;
}

/** Curves over steps or time, with a legend that shows values, and for screen readers a sentence and a table. */
export function Chart(props: ChartProps) {
  const { title, x, lines, axis, isLog = false, smoothing, formatValue, formatTick = formatValue, syncKey } = props;
  const { subscribe } = props;
  const element = useRef<HTMLDivElement>(null);
  const legend = useRef<HTMLUListElement>(null);
  const position = useRef<HTMLSpanElement>(null);
  const plot = useRef<ChartPlot>(undefined);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const titleId = useId();

  /** Writes the values at a row into the legend, without rendering: the crosshair moves often. */
  const showValues = useMemo(() => {
    return (row: number | undefined) => {
      const at = row ?? x.length - 1;
      const outputs = legend.current?.querySelectorAll("output") ?? [];
      outputs.forEach((output, index) => {
        const value = valueAt(lines[index]?.values ?? [], at);
        output.textContent = value === null ? "–" : formatValue(value);
      });
      if (position.current)
        position.current.textContent = row === undefined ? "" : `at ${formatX[axis](x[row] as number)}`;
    };
  }, [x, lines, axis, formatValue]);

  useEffect(() => {
    const created = new ChartPlot(element.current as HTMLDivElement, {
      title,
      x,
      lines,
      axis,
      isLog,
      formatTick,
      syncKey,
      onCursor: showValues,
    });
    plot.current = created;
    showValues(undefined);
    const unsubscribe = subscribe?.((from) => {
      created.update(from);
      showValues(created.row);
    });
    return () => {
      unsubscribe?.();
      created.destroy();
    };
  }, [title, x, lines, axis, isLog, formatTick, syncKey, subscribe, showValues]);

  // Also after a new plot.
  useEffect(() => plot.current?.smooth(smoothing), [smoothing, x, lines, axis, isLog, formatTick, showValues]);
  useEffect(() => plot.current?.hide(hidden), [hidden, x, lines, axis, isLog, formatTick, showValues]);

  const toggle = (key: string) =>
    setHidden((previous) => {
      const next = new Set(previous);
      if (!next.delete(key)) next.add(key);
      return next;
    });

  return (
    <figure class="chart" aria-labelledby={titleId}>
      <figcaption>
        <strong id={titleId}>{title}</strong> <span class="chart-at" ref={position} />
      </figcaption>
      <ul class="legend" ref={legend}>
        {lines.map(({ key, label, curve }) => (
          <li key={key} class={`curve-${curve}`}>
            <button
              type="button"
              aria-pressed={!hidden.has(key)}
              title={`Show or hide ${label}`}
              onClick={() => toggle(key)}
            >
              <span class="swatch" aria-hidden="true" />
              <span class="legend-label">{label}</span>
            </button>
            <output aria-live="off" />
          </li>
        ))}
      </ul>
      <div class="plot" ref={element} />
      <PointRows title={title} x={x} lines={lines} axis={axis} formatValue={formatValue} subscribe={subscribe} />
    </figure>
  );
}
