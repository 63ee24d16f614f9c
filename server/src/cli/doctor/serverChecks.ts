import { accessSync, constants, existsSync, statfsSync } from "node:fs";
import { dirname, join } from "node:path";
import { isLoopbackHost, MEBIBYTE } from "#common";
import { Keys } from "../../http/auth";
import type { ServerOptions } from "../../index";
import { tryLock } from "../../store/lock";
import type { Diagnosis } from "../../trainers/descriptor";

/** Less than this is too little for one adapter and its checkpoints, in bytes. */
const LITTLE_SPACE = 2048 * MEBIBYTE;

export function checkNode(): Diagnosis[] {
  const { node } = process.versions;
  const [major = 0, minor = 0] = node.split(".").map(Number);
  const recent = major > 20 || (major === 20 && minor >= 19);
  return [
    { level: recent ? "ok" : "failed", what: "Node.js", text: recent ? node : `${node}; 20.19 or later is needed` },
  ];
}

export function checkDataFolder({ dataDir }: ServerOptions): Diagnosis[] {
  const what = "data folder";
  const place = nearest(dataDir);
  try {
    accessSync(place, constants.W_OK | constants.X_OK);
  } catch (error) {
    return [{ level: "failed", what, text: `cannot write to ${place}: ${(error as NodeJS.ErrnoException).code}` }];
  }
  const lock = join(dataDir, "lock");
  const unlock = existsSync(lock) ? tryLock(lock) : () => {};
  unlock?.();
  const { bavail, bsize } = statfsSync(place);
  const free = bavail * bsize;
  const size = `${(free / 1024 ** 3).toFixed(1)} GiB free`;
  return [
    { level: "ok", what, text: unlock === undefined ? `${dataDir}, in use by a server that runs` : dataDir },
    free < LITTLE_SPACE
      ? { level: "failed", what: "disk", text: `${size}; a training needs at least 2 GiB for its checkpoints` }
      : { level: "ok", what: "disk", text: size },
  ];
}

export function checkKeys({ apiKeys = [], host = "127.0.0.1" }: ServerOptions): Diagnosis[] {
  const what = "API keys";
  const { required } = new Keys(apiKeys);
  if (required) {
    return [{ level: "ok", what, text: `${apiKeys.length}` }];
  }
  return isLoopbackHost(host)
    ? [{ level: "note", what, text: `none: every program on this machine is let in, and nobody else (${host})` }]
    : [{ level: "failed", what, text: `none, but ${host} can be reached from other machines; give --keys-file` }];
}

/** The folder itself, or the nearest one above it that there is. */
function nearest(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearest(dirname(path));
}
