import type { RequestError } from "../api/request";

/** What failed, the request's ID for the server's log, and a way to try again. */
export function ErrorBox({ error, retry }: { error: RequestError; retry: () => void }) {
  return (
    <div class="error" role="alert">
      <p>
        {error.message}
        {error.requestId !== undefined && <small> Request ID: {error.requestId}</small>}
      </p>
      <button type="button" onClick={retry}>
        Try again
      </button>
    </div>
  );
}
