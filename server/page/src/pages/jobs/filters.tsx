import type { DashboardJobList } from "#common/dashboard";
import { formatCount } from "#common/format";
import { visibleText } from "#common/visibleText";
import { SearchBox } from "../../components/searchBox";
import { statusText } from "../../format";
import { type JobsQuery, STATUSES, statusesOf, UNFINISHED } from "./query";

interface Props {
  query: JobsQuery;
  list: DashboardJobList | undefined;
  /** @param isTyping the change replaces the entry in the browser's history */
  onChange(change: Partial<JobsQuery>, isTyping?: boolean): void;
}

/** What the list shows: a search, a status, a model, and the user's own jobs. */
export function Filters({ query, list, onChange }: Props) {
  const count = (status: string) => {
    const { counts } = list ?? {};
    if (counts === undefined) return "";
    const of = status === "" ? STATUSES : statusesOf(status);
    const jobs = of.reduce((sum, each) => sum + (counts[each as keyof typeof counts] ?? 0), 0);
    return ` (${formatCount(jobs)})`;
  };
  const statuses = ["", UNFINISHED, ...STATUSES];
  const models = list?.models ?? [];
  const isUnknownModel = query.model !== "" && !models.includes(query.model);
  return (
    <search class="filters">
      <SearchBox label="Search jobs" value={query.search} onChange={(search) => onChange({ search }, true)} />
      <label>
        <span>Status</span>
        <select value={query.status} onChange={(event) => onChange({ status: event.currentTarget.value })}>
          {statuses.map((status) => (
            <option key={status} value={status}>
              {nameOf(status)}
              {count(status)}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>Model</span>
        <select value={query.model} onChange={(event) => onChange({ model: event.currentTarget.value })}>
          <option value="">All models</option>
          {isUnknownModel && <option value={query.model}>{visibleText(query.model)}</option>}
          {models.map((model) => (
            <option key={model} value={model}>
              {visibleText(model)}
            </option>
          ))}
        </select>
      </label>
      <label class="checkbox">
        <input
          type="checkbox"
          checked={query.mine}
          onChange={(event) => onChange({ mine: event.currentTarget.checked })}
        />
        <span>Only my jobs</span>
      </label>
    </search>
  );
}

function nameOf(status: string): string {
  if (status === "") return "All";
  if (status === UNFINISHED) return "Not ended";
  const name = statusText(status);
  return name.charAt(0).toUpperCase() + name.slice(1);
}
