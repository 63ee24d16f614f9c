import { useEffect } from "preact/hooks";
import { useLocation } from "preact-iso";
import { path } from "../links";

/** Leads from the address of the login to the jobs, when the user is logged in or the server needs no keys. */
export function LoggedInPage() {
  const { route } = useLocation();
  useEffect(() => route(path(""), true), [route]);
  return null;
}
