import { useEffect, useMemo } from "preact/hooks";
import { Chart } from "../../charts/chart";
import { ChartControls } from "../../charts/chartControls";
import { LiveJoin } from "../../charts/joinCurves";
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
  // New points of the same jobs change the arrays only, so that a chart keeps its zoom.
  const charts = useMemo(
    () =>
      CHARTS.map(({ title, name, canSmooth }) => {
        const joined = new LiveJoin(name, axis, jobs.length);
        const lines = joined.columns.map((values, index) => ({
          key: jobs[index]?.id as string,
          label: labels[index] as string,
          curve: index,
          values,
          canSmooth,
          isSparse: !canSmooth,
        }));
        return { title, joined, lines };
      }),
    [jobs.map(({ id }) => id).join(), labels.join("\n"), axis],
  );
  useMemo(() => {
    for (const { joined } of charts) joined.set(jobs.map(({ curves }) => curves));
  }, [charts, jobs]);
  useEffect(() => {
    for (const { joined } of charts) joined.draw();
  }, [charts, jobs]);
  const drawn = charts.filter(({ joined }) => joined.x.length > 0);
  if (drawn.length === 0) return <p class="muted">None of these jobs has figures yet.</p>;
  return (
    <>
      <ChartControls settings={settings} onChange={change} />
      <div class="charts">
        {drawn.map(({ title, joined, lines }) => (
          <Chart
            key={title}
            title={title}
            x={joined.x}
            lines={lines}
            axis={axis}
            isLog={isLog}
            smoothing={smoothing}
            formatValue={formatLoss}
            formatTick={shortNumber}
            syncKey="compare"
            subscribe={joined.subscribe}
          />
        ))}
      </div>
    </>
  );
}
