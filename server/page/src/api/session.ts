import { useCallback, useEffect, useState } from "preact/hooks";
import type { PageSession, SessionReply } from "#common/dashboard";
import { get, type RequestError, send, setSessionChangeHandler, setWorkspace } from "./request";

interface SessionState {
  /** Undefined: the user must log in. */
  session: PageSession | undefined;
  /** The user was logged in until the server ended the session. */
  hasExpired: boolean;
  error: RequestError | undefined;
  isLoading: boolean;
}

const NOBODY = { session: undefined, hasExpired: false, error: undefined, isLoading: false };

/** Who uses the page. Asks again when the session has changed. `reload` returns whether somebody is logged in. */
export function useSession(): SessionState & { reload(): Promise<boolean>; logOut(): void } {
  const [state, setState] = useState<SessionState>({ ...NOBODY, isLoading: true });
  const reload = useCallback(async () => {
    let session: PageSession | undefined;
    let error: RequestError | undefined;
    try {
      const reply = await get<SessionReply>("session");
      if (reply.workspace !== undefined) session = reply;
    } catch (failure) {
      error = failure as RequestError;
    }
    setWorkspace(session?.workspace);
    setState((before) => ({
      ...NOBODY,
      session,
      hasExpired: session === undefined && (before.session !== undefined || before.hasExpired),
      error,
    }));
    return session !== undefined;
  }, []);
  const logOut = useCallback(() => {
    send("DELETE", "session").then(() => {
      setWorkspace(undefined);
      setState(NOBODY);
    }, reload);
  }, [reload]);
  useEffect(() => {
    setSessionChangeHandler(reload);
    void reload();
  }, [reload]);
  return { ...state, reload, logOut };
}
