import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { isTerminal } from "#common/jobStatus";
import { RequestError } from "../api/request";
import { CurveStream, loadCurves } from "./curveStream";
import { LiveCurves } from "./liveCurves";

export interface CurvesState {
  /** Undefined while they are loaded. */
  curves: LiveCurves | undefined;
  error: RequestError | undefined;
  /** The page receives no new points at the moment. */
  isConnectionLost: boolean;
  reload(): void;
}

/** Loads the curves of a job, and follows them while the job runs. @param onChange called when other data may have changed */
export function useLiveCurves(jobId: string, onChange: () => void): CurvesState {
  const [curves, setCurves] = useState<LiveCurves>();
  const [error, setError] = useState<RequestError>();
  const [isConnectionLost, setLost] = useState(false);
  const [turn, setTurn] = useState(0);
  const latest = useRef(onChange);
  latest.current = onChange;

  useEffect(() => {
    const abort = new AbortController();
    let stream: CurveStream | undefined;
    setCurves(undefined);
    setError(undefined);
    setLost(false);
    loadCurves(jobId, abort.signal).then(
      (reply) => {
        const live = new LiveCurves(reply, (draw) => requestAnimationFrame(draw));
        setCurves(live);
        if (isTerminal(reply.status)) return;
        const onChange = () => latest.current();
        stream = new CurveStream(jobId, live, { onChange, onError: setError, onConnection: setLost });
      },
      (failure: unknown) => {
        if (!abort.signal.aborted && failure instanceof RequestError) setError(failure);
      },
    );
    return () => {
      abort.abort();
      stream?.close();
    };
  }, [jobId, turn]);

  const reload = useCallback(() => setTurn((count) => count + 1), []);
  return { curves, error, isConnectionLost, reload };
}
