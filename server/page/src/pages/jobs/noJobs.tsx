import { Command } from "../../components/command";

/** What to do when the list is empty. */
export function NoJobs({ onClear }: { onClear: (() => void) | undefined }) {
  if (onClear !== undefined) {
    return (
      <div class="empty">
        <h2>No job matches</h2>
        <p>Change the search or the filter above.</p>
        <button type="button" onClick={onClear}>
          Show all jobs
        </button>
      </div>
    );
  }
  const server = document.baseURI.replace(/\/$/, "");
  return (
    <div class="empty">
      <h2>No jobs yet</h2>
      <p>
        A Pulumi program with a <code>FineTuningJob</code> creates jobs here. In the folder of your program, run:
      </p>
      <Command text={`MISTRAL_BASE_URL=${server} pulumi up`} />
      <p>
        <small>
          If the server needs API keys, set <code>MISTRAL_API_KEY</code>, too.
        </small>
      </p>
    </div>
  );
}
