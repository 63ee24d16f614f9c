import type { ComponentChildren } from "preact";
import { useLocation } from "preact-iso";
import type { PageSession } from "#common/dashboard";
import { visibleText } from "#common/visibleText";
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
  return (
    <>
      <header>
        <a class="skip" href={current} onClick={skip}>
          Skip to the content
        </a>
        <div class="frame">
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
                  {visibleText(session.workspace)} · {visibleText(session.owner)}
                </span>
                <button type="button" onClick={onLogout}>
                  Log out
                </button>
              </>
            )}
          </span>
        </div>
        {session.simulated && (
          <p class="simulated" role="note">
            This server simulates trainings: no model is trained, and all figures of its new jobs are made up.
          </p>
        )}
      </header>
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
