import { path } from "../links";

/** What the user sees when a page could not be drawn. */
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
