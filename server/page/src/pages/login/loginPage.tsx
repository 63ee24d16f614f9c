import { useState } from "preact/hooks";
import { post, type RequestError } from "../../api/request";

/** Asks for an API key. The key is not stored: the server answers with a cookie that scripts cannot read. */
export function LoginPage({ onLogin }: { onLogin: () => void }) {
  const [key, setKey] = useState("");
  const [error, setError] = useState<RequestError>();
  const [isSending, setSending] = useState(false);
  const logIn = async (event: Event) => {
    event.preventDefault();
    setSending(true);
    setError(undefined);
    try {
      await post("session", { key });
      onLogin();
    } catch (failure) {
      setError(failure as RequestError);
      setSending(false);
    }
  };
  return (
    <main class="login">
      <form onSubmit={logIn}>
        <h1>Fine-tuning jobs</h1>
        <label for="key">API key</label>
        <input
          id="key"
          type="password"
          autocomplete="current-password"
          required
          value={key}
          aria-describedby={error ? "login-error" : undefined}
          aria-invalid={error !== undefined}
          onInput={(event) => setKey(event.currentTarget.value)}
        />
        {error && (
          <p id="login-error" class="error" role="alert">
            {error.message}
          </p>
        )}
        <button type="submit" class="primary" disabled={isSending}>
          Log in
        </button>
      </form>
    </main>
  );
}
