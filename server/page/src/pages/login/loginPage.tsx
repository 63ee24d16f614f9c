import { useRef, useState } from "preact/hooks";
import { visibleText } from "#common/visibleText";
import { post, type RequestError } from "../../api/request";
import { useTitle } from "../../useTitle";

interface Props {
  /** The user was logged in until the server ended the session. */
  hasExpired: boolean;
  /** Returns whether the browser is logged in now. */
  onLogin(): Promise<boolean>;
}

const NO_COOKIE =
  "The browser did not keep the session's cookie. Open the page at the server's public URL, and allow cookies.";

/** Asks for an API key. The key is not stored: the server answers with a cookie that scripts cannot read. */
export function LoginPage({ hasExpired, onLogin }: Props) {
  useTitle("Log in");
  const [key, setKey] = useState("");
  const [error, setError] = useState<string>();
  const [isSending, setSending] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const logIn = async (event: Event) => {
    event.preventDefault();
    setSending(true);
    setError(undefined);
    try {
      await post("session", { key: key.trim() });
      // The form disappears after a login.
      if (await onLogin()) return;
      setError(NO_COOKIE);
    } catch (failure) {
      setError((failure as RequestError).message);
    }
    setSending(false);
    input.current?.select();
  };
  return (
    <main class="login">
      <form onSubmit={logIn}>
        <h1>Fine-tuning jobs</h1>
        {hasExpired && <p role="status">Your session has ended. Log in again to continue where you were.</p>}
        <label for="key">API key</label>
        <input
          ref={input}
          id="key"
          type="password"
          autocomplete="current-password"
          autofocus
          required
          value={key}
          aria-describedby={error ? "login-error key-hint" : "key-hint"}
          aria-invalid={error !== undefined}
          onInput={(event) => setKey(event.currentTarget.value)}
        />
        <small id="key-hint">
          The key that your programs have in <code>MISTRAL_API_KEY</code>.
        </small>
        {error && (
          <p id="login-error" class="error" role="alert">
            {visibleText(error)}
          </p>
        )}
        <button type="submit" class="primary" disabled={isSending}>
          {isSending ? "Logging in…" : "Log in"}
        </button>
      </form>
    </main>
  );
}
