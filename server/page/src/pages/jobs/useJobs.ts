import { useMemo, useRef, useState } from "preact/hooks";
import type { DashboardJobList } from "#common/dashboard";
import { useResource } from "../../api/useResource";
import { focusHeading } from "../../focusHeading";
import { keepPlaces, type Row, rowsOf, statusChanges } from "./keepPlaces";

/** How often the list is loaded, in milliseconds. */
const INTERVAL = 3000;

/** Somebody who has scrolled down this many pixels reads the list. */
const SCROLLED = 100;

/** The list of jobs, which keeps its order while the user points at it, has the focus in it, or has scrolled into it. */
export function useJobs(route: string) {
  const { data, loadedRoute, error, reload } = useResource<DashboardJobList>(route, INTERVAL, true);
  const element = useRef<HTMLDivElement>(null);
  const shown = useRef<{ route: string | undefined; rows: Row[] }>({ route: undefined, rows: [] });
  const [released, setReleased] = useState<DashboardJobList>();

  const list = useMemo(() => {
    if (data === undefined) return { rows: undefined, added: 0, newer: 0, news: "" };
    const before = shown.current.route === loadedRoute ? shown.current.rows : [];
    const keeps = released !== data && before.length > 0 && isRead(element.current);
    const kept = keeps ? keepPlaces(before, data.data) : { rows: rowsOf(data.data), added: 0, newer: 0 };
    const news = statusChanges(before, kept.rows);
    shown.current = { route: loadedRoute, rows: kept.rows };
    return { ...kept, news };
  }, [data, released, loadedRoute]);

  const showAdded = () => {
    setReleased(data);
    window.scrollTo(0, 0);
    // The button that has the focus disappears.
    focusHeading();
  };
  return { ...list, data, error, reload, element, showAdded };
}

const isRead = (element: Element | null): boolean =>
  element?.matches(":hover, :focus-within") === true || window.scrollY > SCROLLED;
