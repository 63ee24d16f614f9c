import { isTerminal, JobStatus } from "#common/jobStatus";

/** The jobs that the list shows. The address has all of it, so that links, reloads and the back button keep it. */
export interface JobsQuery {
  search: string;
  /** A status, `unfinished` for all that are not terminal, or empty for all. */
  status: string;
  /** The base model, or empty for all. */
  model: string;
  mine: boolean;
  /** The first page is 1. */
  page: number;
  /** IDs of the jobs that are selected for the comparison. */
  selected: readonly string[];
}

export const PAGE_SIZE = 50;
/** More curves in one chart cannot be told apart. */
export const MAX_COMPARED = 8;

export const UNFINISHED = "unfinished";
export const STATUSES: readonly JobStatus[] = Object.values(JobStatus);
const UNFINISHED_STATUSES = STATUSES.filter((status) => !isTerminal(status));

/** Reads the query string of the page. Ignores what is invalid. */
export function parseQuery(search: string): JobsQuery {
  const parameters = new URLSearchParams(search);
  const status = parameters.get("status") ?? "";
  const page = Number(parameters.get("page"));
  const selected = (parameters.get("select") ?? "").split(",").filter((id) => id !== "");
  return {
    search: parameters.get("search") ?? "",
    status: status === UNFINISHED || (STATUSES as readonly string[]).includes(status) ? status : "",
    model: parameters.get("model") ?? "",
    mine: parameters.get("mine") === "true",
    page: Number.isSafeInteger(page) && page > 0 ? page : 1,
    selected: [...new Set(selected)].slice(0, MAX_COMPARED),
  };
}

/** Returns the query string of the page, without defaults. Empty, or begins with `?`. */
export function pageQuery({ search, status, model, mine, page, selected }: JobsQuery): string {
  const parameters = new URLSearchParams();
  if (search !== "") parameters.set("search", search);
  if (status !== "") parameters.set("status", status);
  if (model !== "") parameters.set("model", model);
  if (mine) parameters.set("mine", "true");
  if (page > 1) parameters.set("page", String(page));
  if (selected.length > 0) parameters.set("select", selected.join(","));
  const text = parameters.toString().replaceAll("%2C", ",");
  return text === "" ? "" : `?${text}`;
}

/** Returns the server's route for the list. */
export function jobsRoute({ search, status, model, mine, page }: JobsQuery): string {
  const parameters = new URLSearchParams({ page: String(page - 1), page_size: String(PAGE_SIZE) });
  if (search.trim() !== "") parameters.set("search", search.trim());
  if (model !== "") parameters.set("model", model);
  if (mine) parameters.set("mine", "true");
  for (const each of statusesOf(status)) parameters.append("status", each);
  return `v1/fine_tuning/dashboard/jobs?${parameters}`;
}

/** Returns the statuses that an option of the filter selects. An empty list selects all. */
export function statusesOf(status: string): readonly string[] {
  if (status === UNFINISHED) return UNFINISHED_STATUSES;
  return status === "" ? [] : [status];
}

/** Whether the list shows only some of the jobs. */
export const isFiltered = ({ search, status, model, mine }: JobsQuery): boolean =>
  search.trim() !== "" || status !== "" || model !== "" || mine;

/** Selects a job for the comparison, or removes it from the selection. */
export function toggleSelected({ selected }: JobsQuery, id: string): readonly string[] {
  return selected.includes(id) ? selected.filter((each) => each !== id) : [...selected, id].slice(0, MAX_COMPARED);
}
