import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { lastReply, rememberReply } from "./lastReply";
import { get, RequestError } from "./request";

export interface Resource<Reply> {
  /** The last reply. Stays while a newer one is loaded, also after an error. */
  data: Reply | undefined;
  /** The route that `data` is from. */
  loadedRoute: string | undefined;
  /** Why the last request failed; undefined when it did not. */
  error: RequestError | undefined;
  reload(): void;
}

const NOTHING = { data: undefined, loadedRoute: undefined, error: undefined };

/**
 * Loads a route of the server, again when the route changes, and `interval` milliseconds after each reply while the tab
 * is visible. The data of the previous route stays until the new data has arrived.
 *
 * @param isList shows the last reply at once when the user comes back to the page
 */
export function useResource<Reply>(route: string, interval?: number, isList = false): Resource<Reply> {
  const [state, setState] = useState<Omit<Resource<Reply>, "reload">>(() => {
    const data = isList ? (lastReply(route) as Reply | undefined) : undefined;
    return data === undefined ? NOTHING : { ...NOTHING, data, loadedRoute: route };
  });
  const [turn, setTurn] = useState(0);
  const reload = useCallback(() => setTurn((count) => count + 1), []);
  const isLoading = useRef(false);

  useEffect(() => {
    const abort = new AbortController();
    isLoading.current = true;
    get<Reply>(route, abort.signal).then(
      (data) => {
        if (abort.signal.aborted) return;
        isLoading.current = false;
        if (isList) rememberReply(route, data);
        setState({ data, loadedRoute: route, error: undefined });
      },
      (error: unknown) => {
        if (abort.signal.aborted) return;
        isLoading.current = false;
        if (!(error instanceof RequestError)) throw error;
        setState((before) => ({ ...(before.loadedRoute === route ? before : NOTHING), error }));
      },
    );
    return () => abort.abort();
  }, [route, turn, isList]);

  useEffect(() => {
    if (interval === undefined) return;
    // A slow request is not sent again: it would never be answered.
    const refresh = () => document.visibilityState === "visible" && !isLoading.current && reload();
    const timer = setInterval(refresh, interval);
    document.addEventListener("visibilitychange", refresh);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", refresh);
    };
  }, [interval, reload]);

  return { ...state, reload };
}
