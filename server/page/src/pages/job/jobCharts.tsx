import { useEffect, useMemo, useState } from "preact/hooks";
import { formatBytes } from "#common/format";
import { Chart } from "../../charts/chart";
import { ChartControls } from "../../charts/chartControls";
import type { ChartLine } from "../../charts/chartPlot";
import type { LiveCurves } from "../../charts/liveCurves";
import { useChartSettings } from "../../charts/useChartSettings";
import { formatLoss, formatRate, formatShare, formatSpeed, shortNumber } from "../../charts/valueFormat";

interface LineSpec extends Pick<ChartLine, "label" | "canSmooth" | "isSparse"> {
  name: string;
}

interface ChartSpec {
  title: string;
  lines: readonly LineSpec[];
  /** Whether the log scale applies. */
  hasLog: boolean;
  formatValue: (value: number) => string;
  formatTick: (value: number) => string;
}

const line = (name: string, label: string, canSmooth = true): LineSpec => ({ name, label, canSmooth });
const evaluated = (name: string, label: string): LineSpec => ({ name, label, canSmooth: false, isSparse: true });

/** The charts of a job, in this order. Those without figures are omitted. The learning rate is exact: it is not smoothed. */
const CHARTS: readonly ChartSpec[] = [
  {
    title: "Loss",
    lines: [line("train_loss", "Training loss"), evaluated("valid_loss", "Validation loss")],
    hasLog: true,
    formatValue: formatLoss,
    formatTick: shortNumber,
  },
  {
    title: "Learning rate",
    lines: [line("learning_rate", "Learning rate", false)],
    hasLog: true,
    formatValue: formatRate,
    formatTick: formatRate,
  },
  {
    title: "Gradient norm",
    lines: [line("grad_norm", "Gradient norm")],
    hasLog: true,
    formatValue: formatLoss,
    formatTick: shortNumber,
  },
  {
    title: "Token accuracy",
    lines: [evaluated("valid_mean_token_accuracy", "Token accuracy")],
    hasLog: false,
    formatValue: formatShare,
    formatTick: formatShare,
  },
  {
    title: "Tokens per second",
    lines: [line("tokens_per_second", "Tokens per second")],
    hasLog: false,
    formatValue: formatSpeed,
    formatTick: shortNumber,
  },
  {
    title: "GPU memory",
    lines: [line("gpu_memory_bytes", "GPU memory", false)],
    hasLog: false,
    formatValue: formatBytes,
    formatTick: formatBytes,
  },
];

/** The curves of a job. Charts share the crosshair. */
export function JobCharts({ curves, hasEnded }: { curves: LiveCurves; hasEnded: boolean }) {
  const [settings, change] = useChartSettings();
  const { axis, isLog, smoothing } = settings;
  const figures = useFigures(curves);
  const charts = useMemo(
    () =>
      CHARTS.flatMap(({ lines, ...chart }) => {
        const known = lines.filter(({ name }) => curves.table.has(name));
        const drawn = known.map(
          ({ name, ...rest }): ChartLine => ({
            ...rest,
            key: name,
            curve: lines.findIndex((each) => each.name === name),
            values: curves.table.column(name),
          }),
        );
        return drawn.length === 0 ? [] : [{ ...chart, lines: drawn }];
      }),
    [curves, figures],
  );
  const subscribe = useMemo(() => curves.subscribe.bind(curves), [curves]);
  if (charts.length === 0)
    return (
      <p class="muted">
        {hasEnded ? "No curves: the job ended before its first step." : "The curves appear with the first step."}
      </p>
    );
  return (
    <>
      <ChartControls settings={settings} onChange={change} />
      <div class="charts">
        {charts.map(({ hasLog, ...chart }) => (
          <Chart
            key={chart.title}
            {...chart}
            x={curves.x(axis)}
            axis={axis}
            isLog={isLog && hasLog}
            smoothing={smoothing}
            syncKey="job"
            subscribe={subscribe}
          />
        ))}
      </div>
    </>
  );
}

/** Renders again when a training reports a figure for the first time: a chart appears. */
function useFigures(curves: LiveCurves): number {
  const [figures, setFigures] = useState(curves.table.figures);
  useEffect(() => {
    setFigures(curves.table.figures);
    return curves.subscribe(() => setFigures(curves.table.figures));
  }, [curves]);
  return figures;
}
