import { formatBytes } from "#common/format";
import { visibleText } from "#common/visibleText";
import { CopyButton } from "../../components/copyButton";
import { Ago } from "../../components/time";
import { shortId } from "../../format";
import { artifactPath, jobPath } from "../../links";
import { type Model, stateOf } from "./model";

/** A fine-tuned model. */
export function ModelRow({ model }: { model: Model }) {
  const { id, name, description, root, job, created, artifact } = model;
  return (
    <tr>
      <th scope="row" class="model-id">
        {name && <strong>{visibleText(name)}</strong>}
        <span class="with-copy">
          <code>{visibleText(id)}</code>
          <CopyButton text={id} label="Copy model ID" />
        </span>
        {description && <small>{visibleText(description)}</small>}
      </th>
      <td data-label="State">
        <State model={model} />
      </td>
      <td data-label="Base model">{root && visibleText(root)}</td>
      <td data-label="Job">{job !== undefined && <a href={jobPath(job)}>{shortId(job)}</a>}</td>
      <td data-label="Adapter" class="number">
        {artifact === undefined ? (
          <span class="muted" title="The training was simulated: the model has no files">
            simulated
          </span>
        ) : (
          <a href={artifactPath(id)} download title="Download adapter">
            {formatBytes(artifact.bytes)}
          </a>
        )}
      </td>
      <td data-label="Created" class="number">
        <Ago seconds={created} />
      </td>
    </tr>
  );
}

function State({ model }: { model: Model }) {
  const { held_by: holders = [], pending_deletion_policy: pending } = model;
  const state = stateOf(model);
  if (state === "archived") return <span class="badge">archived</span>;
  if (state === "other") return <span class="muted">–</span>;
  return (
    <>
      <span class="badge badge-held">✓ held</span>
      {holders.map((holder) => (
        <small key={holder}>{visibleText(holder)}</small>
      ))}
      {pending !== undefined && (
        <small>Will be {pending === "delete" ? "deleted" : "archived"} when the last hold ends</small>
      )}
    </>
  );
}
