import { statSync } from "node:fs";

/**
 * Calls back when no file has grown for `timeout` milliseconds. Adds up check intervals instead of comparing clock
 * times, so that the time during which the machine sleeps does not count.
 */
export function onHang(paths: readonly string[], timeout: number, callback: () => void): void {
  const interval = Math.min(1000, timeout / 4);
  const sizes = () => paths.map((path) => statSync(path, { throwIfNoEntry: false })?.size ?? 0).join();
  let last = sizes();
  let unchangedFor = 0;
  const timer = setInterval(() => {
    const current = sizes();
    unchangedFor = current === last ? unchangedFor + interval : 0;
    last = current;
    if (unchangedFor >= timeout) {
      clearInterval(timer);
      callback();
    }
  }, interval);
}
