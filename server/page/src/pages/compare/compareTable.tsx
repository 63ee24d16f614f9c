import { visibleText } from "#common/visibleText";
import { Status } from "../../components/status";
import { shortId } from "../../format";
import { comparePath, jobPath } from "../../links";
import { figureRows } from "./comparedFigures";
import type { Property } from "./differences";
import type { LoadedJob } from "./useComparedJobs";

interface Props {
  jobs: readonly LoadedJob[];
  properties: readonly Property[];
}

/** What the jobs declare and their results, side by side: a column per job. */
export function CompareTable({ jobs, properties }: Props) {
  const names = jobs.map(({ detail, id }) => visibleText(detail.suffix ?? `Job ${shortId(id)}`));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable with the keyboard
    <section class="scroll compare-table" tabIndex={0} aria-label="Comparison: table">
      <table>
        <caption class="hidden">Figures and declarations of the jobs</caption>
        <thead>
          <tr>
            <th scope="col">
              <span class="hidden">Property</span>
            </th>
            {jobs.map(({ id, detail }, index) => (
              <th key={id} scope="col">
                <span class={`curve-${index}`}>
                  <span class="swatch" aria-hidden="true" />
                </span>{" "}
                <a href={jobPath(id)}>{names[index]}</a>
                <br />
                <Status status={detail.status} />
                {detail.simulated && <span class="badge badge-simulated">simulated</span>}
                <br />
                <a
                  class="remove"
                  href={comparePath(jobs.filter((job) => job.id !== id).map((job) => job.id))}
                  aria-label={`Remove ${names[index]} from the comparison`}
                >
                  remove
                </a>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Group title="Figures" span={jobs.length + 1} />
          {figureRows(jobs).map(({ label, texts, best }) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              {texts.map((text, index) => (
                <td key={jobs[index]?.id} class={best.has(index) ? "best" : undefined}>
                  {text ?? "–"}
                  {best.has(index) && <span class="badge badge-best">best</span>}
                </td>
              ))}
            </tr>
          ))}
          <Group title="Declarations" span={jobs.length + 1} />
          {properties.map(({ name, label, values, differs }) => (
            <tr key={name} class={differs ? "differs" : undefined}>
              <th scope="row">
                {label}
                {differs && <span class="badge badge-differs">differs</span>}
              </th>
              {values.map((value, index) => (
                <td key={jobs[index]?.id}>{value === undefined ? "–" : visibleText(value)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Group({ title, span }: { title: string; span: number }) {
  return (
    <tr class="group">
      <th scope="rowgroup" colSpan={span}>
        {title}
      </th>
    </tr>
  );
}
