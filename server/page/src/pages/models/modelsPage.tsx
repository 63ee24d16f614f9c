import { useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { formatCount } from "#common/format";
import { useResource } from "../../api/useResource";
import { LoadError } from "../../components/loadError";
import { Loading } from "../../components/loading";
import { SearchBox } from "../../components/searchBox";
import { path } from "../../links";
import { useTitle } from "../../useTitle";
import { BaseModels } from "./baseModels";
import { type Model, matchingModels } from "./model";
import { ModelRow } from "./modelRow";

/** The list has no pages: it can be long. */
const INTERVAL = 60_000;
const STEP = 100;

const STATES = [
  { value: "", label: "All" },
  { value: "held", label: "Approved or held" },
  { value: "archived", label: "Archived" },
  { value: "other", label: "Neither" },
];

/** The models that jobs have produced, with their approvals, and the base models. */
export function ModelsPage() {
  useTitle("Models");
  const { query, route } = useLocation();
  const { search = "", state = "" } = query as { search?: string; state?: string };
  const models = useResource<{ data: Model[] }>("v1/models", INTERVAL, true);
  const [limit, setLimit] = useState(STEP);
  const all = models.data?.data ?? [];
  const found = matchingModels(all, { search, state });

  const change = (changed: { search?: string; state?: string }, isTyping = false) => {
    const entries = Object.entries({ search, state, ...changed }).filter(([, value]) => value !== "");
    const text = new URLSearchParams(entries).toString();
    setLimit(STEP);
    route(path("models") + (text && `?${text}`), isTyping);
  };

  return (
    <section class="models">
      <h1>Models {models.data && <small>{formatCount(found.length)}</small>}</h1>
      <search class="filters">
        <SearchBox label="Search models" value={search} onChange={(text) => change({ search: text }, true)} />
        <label>
          <span>State</span>
          <select value={state} onChange={(event) => change({ state: event.currentTarget.value })}>
            {STATES.map(({ value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </label>
      </search>
      <LoadError {...models} />
      {models.data === undefined && models.error === undefined && <Loading />}
      {models.data !== undefined && found.length === 0 && <NoModels isFiltered={search !== "" || state !== ""} />}
      {found.length > 0 && (
        <table class="cards">
          <caption class="hidden">Fine-tuned models, newest first</caption>
          <thead>
            <tr>
              <th scope="col">Model</th>
              <th scope="col">State</th>
              <th scope="col">Base model</th>
              <th scope="col">Job</th>
              <th scope="col" class="number">
                Adapter
              </th>
              <th scope="col" class="number">
                Created
              </th>
            </tr>
          </thead>
          <tbody>
            {found.slice(0, limit).map((model) => (
              <ModelRow key={model.id} model={model} />
            ))}
          </tbody>
        </table>
      )}
      {found.length > limit && (
        <p class="more">
          <button type="button" onClick={() => setLimit(limit + STEP)}>
            Show more
          </button>
        </p>
      )}
      <BaseModels models={all.filter(({ type }) => type === "base")} />
    </section>
  );
}

function NoModels({ isFiltered }: { isFiltered: boolean }) {
  return (
    <div class="empty">
      <h2>{isFiltered ? "No model matches" : "No fine-tuned models yet"}</h2>
      <p>
        {isFiltered ? (
          <a href={path("models")}>Show all models</a>
        ) : (
          <>
            A job produces a model when it succeeds. <a href={path("")}>Show the jobs</a>
          </>
        )}
      </p>
    </div>
  );
}
