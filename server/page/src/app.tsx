import { useErrorBoundary } from "preact/hooks";
import { LocationProvider, Route, Router } from "preact-iso";
import { useSession } from "./api/session";
import { Broken } from "./components/broken";
import { ErrorBox } from "./components/errorBox";
import { Frame } from "./components/frame";
import { focusHeading } from "./focusHeading";
import { path } from "./links";
import { ComparePage } from "./pages/compare/comparePage";
import { FilesPage } from "./pages/files/filesPage";
import { JobPage } from "./pages/job/jobPage";
import { JobsPage } from "./pages/jobs/jobsPage";
import { LoggedInPage } from "./pages/loggedInPage";
import { LoginPage } from "./pages/login/loginPage";
import { ModelsPage } from "./pages/models/modelsPage";
import { NotFoundPage } from "./pages/notFoundPage";

/** The page, or a message when it could not be drawn. */
export function App() {
  const [error] = useErrorBoundary((thrown) => console.error(thrown));
  return error === undefined ? <Pages /> : <Broken />;
}

/** A login where the server needs keys, else one of the pages in a common frame. */
function Pages() {
  const { session, hasExpired, error, isLoading, reload, logOut } = useSession();
  if (isLoading) return null;
  if (error !== undefined) return <ErrorBox error={error} retry={reload} />;
  // At any path: after the login, the address still leads to the page that the user wanted.
  if (session === undefined) return <LoginPage hasExpired={hasExpired} onLogin={reload} />;
  return (
    // Another workspace, because another tab has logged in: the pages start again.
    <LocationProvider key={session.workspace}>
      <Frame session={session} onLogout={logOut}>
        <Router onRouteChange={focusHeading}>
          <Route path={path("")} component={JobsPage} />
          <Route path={path("jobs/:id")} component={JobPage} />
          <Route path={path("compare")} component={ComparePage} />
          <Route path={path("models")} component={ModelsPage} />
          <Route path={path("files")} component={FilesPage} />
          <Route path={path("login")} component={LoggedInPage} />
          <Route default component={NotFoundPage} />
        </Router>
      </Frame>
    </LocationProvider>
  );
}
