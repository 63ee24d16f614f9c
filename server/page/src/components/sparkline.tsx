import { sparklinePoints } from "../sparklinePoints";

const WIDTH = 96;
const HEIGHT = 24;

/** A small curve of a job's training loss. The number beside it tells screen readers the loss. */
export function Sparkline({ values }: { values: readonly number[] }) {
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} height={HEIGHT} aria-hidden="true">
      <polyline points={sparklinePoints(values, WIDTH, HEIGHT)} fill="none" stroke="currentColor" stroke-width="1.5" />
    </svg>
  );
}
