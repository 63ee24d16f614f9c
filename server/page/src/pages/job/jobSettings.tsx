import type { DashboardFile } from "#common";
import { formatBytes, formatCount, plural } from "#common/format";
import { visibleText } from "#common/visibleText";
import { labelOf, shortId } from "../../format";
import type { JobReply } from "./jobReply";

/** What the job declares. */
export function Hyperparameters({ job }: { job: JobReply }) {
  const rows: [string, string][] = [
    ...Object.entries(job.hyperparameters).flatMap(([name, value]): [string, string][] =>
      value === null || value === undefined ? [] : [[labelOf(name), visibleText(String(value))]],
    ),
    ["Kept checkpoint", keptOf(job)],
    ...(job.classifier_targets ?? []).map(({ name, labels }): [string, string] => [
      `Target ${visibleText(name)}`,
      plural(labels.length, "label"),
    ]),
    ...job.integrations.map(({ type, project }): [string, string] => [labelOf(type), visibleText(project)]),
  ];
  return <Pairs caption="Hyperparameters" rows={rows} />;
}

/** What the job is trained with. */
export function DataSummary({ job, files }: { job: JobReply; files: readonly DashboardFile[] }) {
  const { samples, skipped_samples, data_tokens, epochs, total_steps } = job.metadata;
  const figures: [string, string | undefined][] = [
    ["Samples", samples === undefined ? undefined : formatCount(samples)],
    ["Skipped samples", skipped_samples ? formatCount(skipped_samples) : undefined],
    ["Tokens in the data", data_tokens === undefined ? undefined : formatCount(data_tokens)],
    ["Tokens trained", job.trained_tokens === undefined ? undefined : formatCount(job.trained_tokens)],
    ["Epochs", epochs === undefined ? undefined : formatCount(Number(epochs.toPrecision(4)))],
    ["Steps", total_steps === undefined ? undefined : formatCount(total_steps)],
  ];
  return (
    <>
      <ul class="files">
        {files.map((file) => (
          <li key={`${file.role}${file.id}`}>
            <strong class="break">{file.filename === undefined ? "deleted file" : visibleText(file.filename)}</strong>
            <span class="muted">
              {[
                file.role,
                ...(file.num_lines === undefined ? [] : [plural(file.num_lines, "sample")]),
                ...(file.bytes === undefined ? [] : [formatBytes(file.bytes)]),
                ...(file.weight === undefined || file.weight === 1 ? [] : [`weight ${file.weight}`]),
              ].join(" · ")}{" "}
              · <code title={file.id}>{shortId(file.id)}</code>
            </span>
          </li>
        ))}
        {(job.repositories ?? []).map(({ owner, name, ref, commit_id }) => (
          <li key={`${owner}/${name}`}>
            <strong class="break">{visibleText(`${owner}/${name}`)}</strong>
            <span class="muted">
              repository{ref !== undefined && ` · ${visibleText(ref)}`}
              {!/^0+$/.test(commit_id) && (
                <>
                  {" "}
                  · <code title={commit_id}>{shortId(commit_id)}</code>
                </>
              )}
            </span>
          </li>
        ))}
      </ul>
      <Pairs caption="Data" rows={figures} />
    </>
  );
}

/** Names and values. Leaves out unknown values. */
function Pairs({ caption, rows }: { caption: string; rows: readonly [name: string, value: string | undefined][] }) {
  return (
    <table class="plain">
      <caption class="hidden">{caption}</caption>
      <tbody>
        {rows.map(
          ([name, value]) =>
            value !== undefined && (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{value}</td>
              </tr>
            ),
        )}
      </tbody>
    </table>
  );
}

function keptOf({ keep, evaluation }: JobReply): string {
  const kept = evaluation?.kept ?? keep;
  if (kept === "best") return "the one with the lowest validation loss";
  if (kept === "last") return "the last one";
  return "chosen by the server";
}
