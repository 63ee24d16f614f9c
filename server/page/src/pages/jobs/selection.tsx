import { comparePath } from "../../links";
import { MAX_COMPARED } from "./query";

/** The jobs that are selected for the comparison. Stays at the bottom of the window, so that it moves no row. */
export function Selection({ selected, onClear }: { selected: readonly string[]; onClear: () => void }) {
  if (selected.length === 0) return null;
  const label = `Compare (${selected.length})`;
  return (
    <div class="selection">
      {selected.length > 1 ? (
        <a class="button primary" href={comparePath(selected)}>
          {label}
        </a>
      ) : (
        <button type="button" disabled>
          {label}
        </button>
      )}
      <span class="hint">
        {selected.length === 1 && "Select another job."}
        {selected.length === MAX_COMPARED && `At most ${MAX_COMPARED} jobs can be compared.`}
      </span>
      <button type="button" onClick={onClear}>
        Clear selection
      </button>
    </div>
  );
}
