import { useCallback, useEffect, useState } from "preact/hooks";
import type { PageSession } from "#common/dashboard";
import { get, type RequestError, setSessionEndHandler } from "./request";

interface SessionState {
  /** Undefined: the user must log in. */
  session: PageSession | undefined;
  error: RequestError | undefined;
  isLoading: boolean;
}

/** Who uses the page. Asks again when the session has ended. */
export function useSession(): SessionState & { reload(): void } {
  const [state, setState] = useState<SessionState>({ session: undefined, error: undefined, isLoading: true });
  const reload = useCallback(() => {
    get<PageSession>("session").then(
      (session) => setState({ session, error: undefined, isLoading: false }),
      (error: RequestError) =>
        setState({ session: undefined, error: error.status === 401 ? undefined : error, isLoading: false }),
    );
  }, []);
  useEffect(() => {
    setSessionEndHandler(reload);
    reload();
  }, [reload]);
  return { ...state, reload };
}
