import { visibleText } from "#common/visibleText";
import { path } from "../../links";
import type { Model } from "./model";

/** The models that the server can train. */
export function BaseModels({ models }: { models: readonly Model[] }) {
  if (models.length === 0) return null;
  return (
    <>
      <h2>Base models</h2>
      <ul class="base-models">
        {models.map(({ id }) => (
          <li key={id}>
            <code>{visibleText(id)}</code>{" "}
            <a href={path(`?model=${encodeURIComponent(id)}`)} aria-label={`Jobs of ${visibleText(id)}`}>
              jobs
            </a>
          </li>
        ))}
      </ul>
    </>
  );
}
