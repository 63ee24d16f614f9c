import { X_AXES, type XAxis } from "./liveCurves";
import type { ChartSettings } from "./useChartSettings";
import { X_LABELS } from "./xFormat";

interface Props {
  settings: ChartSettings;
  onChange: (change: Partial<ChartSettings>) => void;
}

/** Chooses the horizontal axis, the scale and the smoothing of all charts of a page. */
export function ChartControls({ settings, onChange }: Props) {
  const { axis, isLog, smoothing } = settings;
  return (
    <fieldset class="chart-controls">
      <legend class="hidden">Charts</legend>
      <label>
        <span>X axis</span>
        <select value={axis} onChange={(event) => onChange({ axis: event.currentTarget.value as XAxis })}>
          {X_AXES.map((each) => (
            <option key={each} value={each}>
              {X_LABELS[each]}
            </option>
          ))}
        </select>
      </label>
      <label>
        <input type="checkbox" checked={isLog} onChange={(event) => onChange({ isLog: event.currentTarget.checked })} />
        <span>Log scale</span>
      </label>
      <label>
        <span>Smoothing</span>
        <input
          type="range"
          min="0"
          max="0.99"
          step="0.01"
          value={smoothing}
          onInput={(event) => onChange({ smoothing: Number(event.currentTarget.value) })}
        />
        <output aria-hidden="true">{smoothing.toFixed(2)}</output>
      </label>
      <small>Drag over a chart to zoom, double-click to see all of it.</small>
    </fieldset>
  );
}
