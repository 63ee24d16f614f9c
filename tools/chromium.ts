import { existsSync } from "node:fs";
import { execa } from "execa";
import which from "which";
import { ExplainedError } from "./main";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/**
 * Returns the path of Chromium: `CHROMIUM_PATH`, or a program on `PATH`. As root on Debian or Ubuntu, as in CI, it installs the
 * distribution's package when there is none. Playwright's own download is not used: it needs another host.
 *
 * @throws {ExplainedError} when there is no Chromium, and it cannot be installed
 */
export async function findOrGetChromium(log: (line: string) => void = console.log): Promise<string> {
  const found = await findChromium();
  if (found !== undefined) return found;
  if (process.getuid?.() === 0 && existsSync("/etc/debian_version")) await installOnDebian(log);
  const installed = await findChromium();
  if (installed !== undefined) return installed;
  throw new ExplainedError(
    "Chromium was not found. Install it (Debian and Ubuntu: `apt-get install chromium`), or set CHROMIUM_PATH to the path of " +
      "Chromium or Chrome. Then run this command again.",
  );
}

async function findChromium(): Promise<string | undefined> {
  const { CHROMIUM_PATH } = process.env;
  if (CHROMIUM_PATH) {
    if (existsSync(CHROMIUM_PATH)) return CHROMIUM_PATH;
    throw new ExplainedError(`CHROMIUM_PATH is ${CHROMIUM_PATH}, and there is no such file.`);
  }
  for (const name of NAMES) {
    const path = await which(name, { nothrow: true });
    if (path !== null) return path;
  }
  return undefined;
}

async function installOnDebian(log: (line: string) => void): Promise<void> {
  log("Installing Chromium with apt-get.");
  const options = { env: { DEBIAN_FRONTEND: "noninteractive" }, stdin: "ignore", all: true, reject: false } as const;
  for (const args of [["update"], ["install", "--yes", "--no-install-recommends", "chromium"]]) {
    const { exitCode, all } = await execa("apt-get", ["-qq", ...args], options);
    if (exitCode !== 0) log(`\`apt-get ${args.join(" ")}\` failed:\n${all}`);
  }
}

/** The options of Chromium's command line: no sandbox for root, which Chromium refuses, and no request of its own to any host. */
export const chromiumArgs: readonly string[] = [
  ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];
