import { useCallback, useEffect, useState } from "preact/hooks";
import type { PageSession } from "#common/dashboard";
import { forgetReply } from "./lastReply";
import { get, type RequestError, send, setSessionEndHandler } from "./request";

interface SessionState {
  /** Undefined: the user must log in. */
  session: PageSession | undefined;
  /** The user was logged in until the server ended the session. */
  hasExpired: boolean;
  error: RequestError | undefined;
  isLoading: boolean;
}

const NOBODY = { session: undefined, hasExpired: false, error: undefined, isLoading: false };

/** Who uses the page. Asks again when the session has ended. */
export function useSession(): SessionState & { reload(): void; logOut(): void } {
  const [state, setState] = useState<SessionState>({ ...NOBODY, isLoading: true });
  const reload = useCallback(() => {
    get<PageSession>("session").then(
      (session) => setState({ ...NOBODY, session }),
      (error: RequestError) =>
        setState((before) => ({
          ...NOBODY,
          hasExpired: before.session !== undefined || before.hasExpired,
          error: error.status === 401 ? undefined : error,
        })),
    );
  }, []);
  const isLoggedIn = state.session !== undefined;
  useEffect(() => {
    if (!isLoggedIn) forgetReply();
  }, [isLoggedIn]);
  const logOut = useCallback(() => {
    // A session that the server does not know any more has also ended.
    send("DELETE", "session").then(
      () => setState(NOBODY),
      (error: RequestError) => (error.status === 401 ? setState(NOBODY) : reload()),
    );
  }, [reload]);
  useEffect(() => {
    setSessionEndHandler(reload);
    reload();
  }, [reload]);
  return { ...state, reload, logOut };
}
