import { useLocation } from "preact-iso";
import { formatCount } from "#common/format";
import { useResource } from "../../api/useResource";
import { LoadError } from "../../components/loadError";
import { Loading } from "../../components/loading";
import { Pager } from "../../components/pager";
import { SearchBox } from "../../components/searchBox";
import { path } from "../../links";
import { useTitle } from "../../useTitle";
import { type FileList, filesRoute, PAGE_SIZE } from "./file";
import { FilesTable } from "./filesTable";

const INTERVAL = 15_000;

/** The uploaded files. */
export function FilesPage() {
  useTitle("Files");
  const { query, route } = useLocation();
  const { search = "" } = query as { search?: string };
  const page = Math.max(1, Math.floor(Number(query.page)) || 1);
  const files = useResource<FileList>(filesRoute(search, page), INTERVAL, true);
  const { data, error } = files;

  const addressOf = (text: string, number: number) => {
    const parameters = new URLSearchParams();
    if (text !== "") parameters.set("search", text);
    if (number > 1) parameters.set("page", String(number));
    const rest = parameters.toString();
    return path("files") + (rest && `?${rest}`);
  };

  return (
    <section class="files">
      <h1>Files {data && <small>{formatCount(data.total)}</small>}</h1>
      <search class="filters">
        <SearchBox label="Search files" value={search} onChange={(text) => route(addressOf(text, 1), true)} />
      </search>
      <LoadError {...files} />
      {data === undefined && error === undefined && <Loading />}
      {data?.data.length === 0 && <NoFiles isFiltered={search !== "" || page > 1} />}
      {data !== undefined && data.data.length > 0 && <FilesTable files={data.data} />}
      {data && <Pager page={page} pageSize={PAGE_SIZE} total={data.total} href={(to) => addressOf(search, to)} />}
    </section>
  );
}

function NoFiles({ isFiltered }: { isFiltered: boolean }) {
  return (
    <div class="empty">
      <h2>{isFiltered ? "No file matches" : "No files yet"}</h2>
      <p>
        {isFiltered ? (
          <a href={path("files")}>Show all files</a>
        ) : (
          <>
            <code>pulumi up</code> uploads the training and validation data of a job.
          </>
        )}
      </p>
    </div>
  );
}
