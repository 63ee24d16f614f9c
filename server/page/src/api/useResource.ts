import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { get, RequestError } from "./request";

export interface Resource<Reply> {
  /** The last reply. Stays while a newer one is loaded, also after an error. */
  data: Reply | undefined;
  /** Why the last request failed; undefined when it did not. */
  error: RequestError | undefined;
  reload(): void;
}

/**
 * Loads a route of the server, again when the route changes, and every `interval` milliseconds while the tab is visible.
 * The data of the previous route stays until the new data has arrived.
 */
export function useResource<Reply>(route: string, interval?: number): Resource<Reply> {
  const [state, setState] = useState<Omit<Resource<Reply>, "reload">>({ data: undefined, error: undefined });
  const [turn, setTurn] = useState(0);
  const reload = useCallback(() => setTurn((count) => count + 1), []);
  const loadedRoute = useRef(route);

  useEffect(() => {
    const abort = new AbortController();
    get<Reply>(route, abort.signal).then(
      (data) => {
        loadedRoute.current = route;
        setState({ data, error: undefined });
      },
      (error: unknown) => {
        if (abort.signal.aborted || !(error instanceof RequestError)) return;
        setState(({ data }) => ({ data: loadedRoute.current === route ? data : undefined, error }));
      },
    );
    return () => abort.abort();
  }, [route, turn]);

  useEffect(() => {
    if (interval === undefined) return;
    const timer = setInterval(() => document.visibilityState === "visible" && reload(), interval);
    const onVisible = () => document.visibilityState === "visible" && reload();
    document.addEventListener("visibilitychange", onVisible);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", onVisible);
    };
  }, [interval, reload]);

  return { ...state, reload };
}
