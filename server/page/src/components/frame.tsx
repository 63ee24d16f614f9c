import type { ComponentChildren } from "preact";
import { useLocation } from "preact-iso";
import type { PageSession } from "#common/dashboard";
import { send } from "../api/request";
import { path } from "../links";
import { ThemeButton } from "./themeButton";

const PAGES = [
  { route: "", label: "Jobs" },
  { route: "models", label: "Models" },
  { route: "files", label: "Files" },
];

/** What all pages have: the navigation, who is logged in, and a banner when the server simulates trainings. */
export function Frame(props: { session: PageSession; onLogout: () => void; children: ComponentChildren }) {
  const { session, onLogout, children } = props;
  const current = useLocation().path;
  const isCurrent = (route: string) =>
    route === "" ? isJobPage(current.slice(path("").length)) : current === path(route);
  const logOut = () => send("DELETE", "session").finally(onLogout);
  return (
    <>
      <a class="skip" href={current} onClick={skip}>
        Skip to the content
      </a>
      <header class="frame">
        <nav aria-label="Pages">
          {PAGES.map(({ route, label }) => (
            <a key={route} href={path(route)} aria-current={isCurrent(route) ? "page" : undefined}>
              {label}
            </a>
          ))}
        </nav>
        <span class="frame-user">
          <ThemeButton />
          {session.required && (
            <>
              <span title="Workspace and owner of the API key">
                {session.workspace} · {session.owner}
              </span>
              <button type="button" onClick={logOut}>
                Log out
              </button>
            </>
          )}
        </span>
      </header>
      {session.simulated && (
        <p class="simulated" role="note">
          This server simulates trainings: no model is trained, and all figures of its new jobs are made up.
        </p>
      )}
      <main id="main" tabIndex={-1}>
        {children}
      </main>
    </>
  );
}

/** Jobs have three pages: the list, a job, and the comparison. */
const isJobPage = (route: string): boolean => route === "" || route === "compare" || route.startsWith("jobs/");

/** A link to `#main` would lead to the home page, because the document has a base URL. */
function skip(event: Event): void {
  event.preventDefault();
  event.stopPropagation();
  document.getElementById("main")?.focus();
}
