import { useMemo } from "preact/hooks";
import { Chart } from "../../charts/chart";
import { ChartControls } from "../../charts/chartControls";
import { joinCurves } from "../../charts/joinCurves";
import { useChartSettings } from "../../charts/useChartSettings";
import { formatLoss, shortNumber } from "../../charts/valueFormat";
import type { LoadedJob } from "./useComparedJobs";

const CHARTS = [
  { title: "Training loss", name: "train_loss", canSmooth: true },
  { title: "Validation loss", name: "valid_loss", canSmooth: false },
];

/** The losses of all jobs, a curve per job. */
export function CompareCharts({ jobs, labels }: { jobs: readonly LoadedJob[]; labels: readonly string[] }) {
  const [settings, change] = useChartSettings();
  const { axis, isLog, smoothing } = settings;
  const charts = useMemo(
    () =>
      CHARTS.map(({ title, name, canSmooth }) => {
        const { x, columns } = joinCurves(
          jobs.map(({ curves }) => curves),
          name,
          axis,
        );
        const lines = columns.map((values, index) => ({
          label: labels[index] as string,
          curve: index,
          values,
          canSmooth,
          isSparse: !canSmooth,
        }));
        return { title, x, lines };
      }).filter(({ x }) => x.length > 0),
    [jobs, labels, axis],
  );
  if (charts.length === 0) return <p class="muted">None of these jobs has figures yet.</p>;
  return (
    <>
      <ChartControls settings={settings} onChange={change} />
      <div class="charts">
        {charts.map(({ title, x, lines }) => (
          <Chart
            key={title}
            title={title}
            x={x}
            lines={lines}
            axis={axis}
            isLog={isLog}
            smoothing={smoothing}
            formatValue={formatLoss}
            formatTick={shortNumber}
            syncKey="compare"
          />
        ))}
      </div>
    </>
  );
}
