import { useEffect, useRef } from "preact/hooks";
import { useLocation } from "preact-iso";
import { formatCount, plural } from "#common/format";
import { LoadError } from "../../components/loadError";
import { Loading } from "../../components/loading";
import { Pager } from "../../components/pager";
import { path } from "../../links";
import { useTitle } from "../../useTitle";
import { Filters } from "./filters";
import { JobsTable } from "./jobsTable";
import { NoJobs } from "./noJobs";
import { isFiltered, type JobsQuery, jobsRoute, PAGE_SIZE, pageQuery, parseQuery, toggleSelected } from "./query";
import { Selection } from "./selection";
import { useJobs } from "./useJobs";

/** The list of jobs. */
export function JobsPage() {
  useTitle("Jobs");
  const { url, route } = useLocation();
  const query = parseQuery(new URL(url, location.origin).search);
  const jobs = useJobs(jobsRoute(query));
  const { data, rows, added, newer } = jobs;

  const addressOf = (change: Partial<JobsQuery>) => path("") + pageQuery({ ...query, ...change });
  const change = (changed: Partial<JobsQuery>, isTyping = false) => route(addressOf({ page: 1, ...changed }), isTyping);
  const select = (selected: readonly string[]) => route(addressOf({ selected }), true);

  const readPage = useRef(query.page);
  useEffect(() => {
    // Not when the user comes back to this page: the browser then restores its position.
    if (readPage.current !== query.page) window.scrollTo(0, 0);
    readPage.current = query.page;
  }, [query.page]);

  return (
    <section class="jobs">
      <h1>Jobs {data && <small>{formatCount(data.total)}</small>}</h1>
      <Filters query={query} list={data} onChange={change} />
      <LoadError {...jobs} />
      <p class="hidden" aria-live="polite">
        {jobs.news}
      </p>
      {rows === undefined && jobs.error === undefined && <Loading />}
      {rows?.length === 0 && (
        <NoJobs
          onClear={
            isFiltered(query) || query.page > 1
              ? () => change({ search: "", status: "", model: "", mine: false })
              : undefined
          }
        />
      )}
      {rows !== undefined && rows.length > 0 && (
        <div class="list" ref={jobs.element}>
          <p class="added" role="status">
            {added > 0 && (
              <button type="button" onClick={jobs.showAdded}>
                {query.page === 1 && newer === added ? `Show ${plural(added, "new job")}` : "Update the list"}
              </button>
            )}
          </p>
          <JobsTable rows={rows} selected={query.selected} onSelect={(id) => select(toggleSelected(query, id))} />
        </div>
      )}
      {data && <Pager page={query.page} pageSize={PAGE_SIZE} total={data.total} href={(page) => addressOf({ page })} />}
      <Selection selected={query.selected} onClear={() => select([])} />
    </section>
  );
}
