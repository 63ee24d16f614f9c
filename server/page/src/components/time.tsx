import { useEffect, useState } from "preact/hooks";
import { duration } from "../format";

const absolute = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

/** A point in time relative to now ("3 min ago"), with the absolute time on hover and focus. @param seconds since 1970 */
export function Ago({ seconds }: { seconds: number }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 10_000);
    return () => clearInterval(timer);
  }, []);
  const date = new Date(seconds * 1000);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the absolute time must be reachable with the keyboard
    <time dateTime={date.toISOString()} title={absolute.format(date)} tabIndex={0}>
      {duration(Math.max(0, now / 1000 - seconds))} ago
    </time>
  );
}
