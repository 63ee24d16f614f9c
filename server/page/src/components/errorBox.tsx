import { visibleText } from "#common/visibleText";
import type { RequestError } from "../api/request";

/** What failed, the request's ID for the server's log, and a way to try again. */
export function ErrorBox({ error, retry, note }: { error: RequestError; retry: () => void; note?: string }) {
  return (
    <div class="error error-box" role="alert">
      <p>
        {visibleText(error.message)}
        {note !== undefined && <small> {note}</small>}
        {error.requestId !== undefined && <small> Request ID: {error.requestId}</small>}
      </p>
      <button type="button" onClick={retry}>
        Try again
      </button>
    </div>
  );
}
