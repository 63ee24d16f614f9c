import { path } from "../links";

/** Stands in place of a page whose code has failed. */
export function Broken() {
  return (
    <main id="main">
      <h1>The page could not be shown</h1>
      <p role="alert">
        <button type="button" onClick={() => location.reload()}>
          Reload the page
        </button>{" "}
        or go to <a href={path("")}>all jobs</a>. The browser’s console says what failed.
      </p>
    </main>
  );
}
