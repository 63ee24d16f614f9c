import { useEffect, useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { X_AXES, type XAxis } from "./liveCurves";

export interface ChartSettings {
  axis: XAxis;
  isLog: boolean;
  /** 0 to 0.99. */
  smoothing: number;
}

const DEFAULT_SMOOTHING = 0.6;
const MAX_SMOOTHING = 0.99;

/** Browsers limit how often a page may change its address. Milliseconds. */
const SLIDER_DELAY = 300;

/** How the charts of a page look: kept in the query, so that reload, back and a copied link show the same. */
export function useChartSettings(): [ChartSettings, (change: Partial<ChartSettings>) => void] {
  const { query, route } = useLocation();
  const stored = readSettings(query);
  /** The position of the slider while it moves. */
  const [moving, setMoving] = useState<number>();
  const write = (changed: Partial<ChartSettings>, replace: boolean) => {
    // Not what was last drawn: another setting may have changed while the slider moved.
    const parameters = new URLSearchParams(location.search);
    const { axis, isLog, smoothing } = { ...readSettings(Object.fromEntries(parameters)), ...changed };
    set(parameters, "x", axis === "steps" ? undefined : axis);
    set(parameters, "log", isLog ? "1" : undefined);
    set(parameters, "smoothing", smoothing === DEFAULT_SMOOTHING ? undefined : String(smoothing));
    // Commas separate jobs: they stay readable.
    const search = parameters.toString().replaceAll("%2C", ",");
    route(location.pathname + (search && `?${search}`), replace);
  };

  useEffect(() => {
    if (moving === undefined) return;
    const timer = setTimeout(() => {
      write({ smoothing: moving }, true);
      setMoving(undefined);
    }, SLIDER_DELAY);
    return () => clearTimeout(timer);
  }, [moving]);

  const change = ({ smoothing, ...rest }: Partial<ChartSettings>) => {
    if (smoothing !== undefined) setMoving(smoothing);
    if (Object.keys(rest).length > 0) write(rest, false);
  };
  return [moving === undefined ? stored : { ...stored, smoothing: moving }, change];
}

function readSettings({ x, log, smoothing }: Record<string, string>): ChartSettings {
  const weight = smoothing === undefined ? DEFAULT_SMOOTHING : Number(smoothing);
  return {
    axis: X_AXES.find((axis) => axis === x) ?? "steps",
    isLog: log === "1",
    smoothing: Number.isFinite(weight) ? Math.min(MAX_SMOOTHING, Math.max(0, weight)) : DEFAULT_SMOOTHING,
  };
}

function set(parameters: URLSearchParams, name: string, value: string | undefined): void {
  if (value === undefined) parameters.delete(name);
  else parameters.set(name, value);
}
