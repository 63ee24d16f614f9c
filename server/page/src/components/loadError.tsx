import type { Resource } from "../api/useResource";
import { ErrorBox } from "./errorBox";

/** Why a list could not be loaded. Data that is still shown keeps its place: then the message lies over the page. */
export function LoadError({ data, error, reload }: Pick<Resource<unknown>, "data" | "error" | "reload">) {
  if (error === undefined) return null;
  if (data === undefined) return <ErrorBox error={error} retry={reload} />;
  return (
    <div class="toast">
      <ErrorBox error={error} retry={reload} note="The page shows what it has loaded before, and tries again." />
    </div>
  );
}
