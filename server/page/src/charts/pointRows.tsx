import { useEffect, useState } from "preact/hooks";
import type { ChartProps } from "./chart";
import { describeCurve, pickRows } from "./describeCurve";
import { formatX, X_LABELS } from "./xFormat";

/** More rows take longer to read than they are worth. */
const MAX_ROWS = 100;

/** The text of a live chart changes at most this often, in milliseconds. */
const INTERVAL = 1000;

type Props = Pick<ChartProps, "title" | "x" | "lines" | "axis" | "formatValue"> & {
  subscribe: ChartProps["subscribe"] | undefined;
};

/** What a chart shows, as a sentence for screen readers and as a table. */
export function PointRows({ title, x, lines, axis, formatValue, subscribe }: Props) {
  const [isOpen, setOpen] = useState(false);
  useSlowUpdates(subscribe);
  const format = { x: formatX[axis], y: formatValue };
  return (
    <>
      <p class="hidden">{lines.map(({ label, values }) => describeCurve(label, x, values, format)).join(" ")}</p>
      <details class="points" onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>Show as table</summary>
        {isOpen && <PointTable {...{ title, x, lines, axis, formatValue }} />}
      </details>
    </>
  );
}

function PointTable({ title, x, lines, axis, formatValue }: Omit<Props, "subscribe">) {
  const filled = x.flatMap((_, row) => (lines.some(({ values }) => values[row] != null) ? [row] : []));
  const rows = pickRows(filled.length, MAX_ROWS).map((index) => filled[index] as number);
  const isShortened = rows.length < filled.length;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable with the keyboard
    <section class="scroll" tabIndex={0} aria-label={`${title}: table`}>
      <table>
        <caption>
          {title}
          {isShortened && `: ${rows.length} of ${filled.length} points`}
        </caption>
        <thead>
          <tr>
            <th scope="col">{X_LABELS[axis]}</th>
            {lines.map(({ label }) => (
              <th key={label} scope="col">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row}>
              <th scope="row">{formatX[axis](x[row] as number)}</th>
              {lines.map(({ label, values }) => (
                <td key={label}>{values[row] == null ? "" : formatValue(values[row] as number)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Renders again after changes, but not after each one. */
function useSlowUpdates(subscribe: Props["subscribe"]): void {
  const [, setTurn] = useState(0);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const unsubscribe = subscribe?.(() => {
      timer ??= setTimeout(() => {
        timer = undefined;
        setTurn((turn) => turn + 1);
      }, INTERVAL);
    });
    return () => {
      clearTimeout(timer);
      unsubscribe?.();
    };
  }, [subscribe]);
}
