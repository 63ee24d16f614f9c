import { accessSync, constants, existsSync, statfsSync } from "node:fs";
import { dirname, join } from "node:path";
import { isLoopbackHost, MEBIBYTE } from "#common";
import { Keys } from "../../http/auth";
import { KeysFile } from "../../http/keysFile";
import type { ServerOptions } from "../../index";
import { tryLock } from "../../store/lock";
import type { Diagnosis } from "../../trainers/descriptor";

/** The space that one adapter and its checkpoints need, in bytes. */
const MIN_FREE_BYTES = 2048 * MEBIBYTE;

export function checkNode(): Diagnosis[] {
  const { node } = process.versions;
  const [major = 0, minor = 0] = node.split(".").map(Number);
  const recent = major > 20 || (major === 20 && minor >= 19);
  return [
    { level: recent ? "ok" : "failed", subject: "Node.js", text: recent ? node : `${node}; install 20.19 or later` },
  ];
}

export function checkDataFolder({ dataDir }: ServerOptions): Diagnosis[] {
  const subject = "data folder";
  const folder = nearestExisting(dataDir);
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    return [{ level: "failed", subject, text: `cannot write to ${folder}: ${(error as NodeJS.ErrnoException).code}` }];
  }
  const lock = join(dataDir, "lock");
  const unlock = existsSync(lock) ? tryLock(lock) : () => {};
  unlock?.();
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const size = `${(free / 1024 ** 3).toFixed(1)} GiB free`;
  return [
    { level: "ok", subject, text: unlock === undefined ? `${dataDir}, in use by a running server` : dataDir },
    free < MIN_FREE_BYTES
      ? { level: "failed", subject: "disk", text: `${size}; a training needs at least 2 GiB for its checkpoints` }
      : { level: "ok", subject: "disk", text: size },
  ];
}

export function checkKeys({ apiKeys = [], keysFile, host = "127.0.0.1" }: ServerOptions): Diagnosis[] {
  const subject = "API keys";
  const file = keysFile === undefined ? undefined : new KeysFile(keysFile);
  const { required } = new Keys(apiKeys, file);
  if (required) {
    return [{ level: "ok", subject, text: `${apiKeys.length + (file?.current().size ?? 0)}` }];
  }
  return isLoopbackHost(host)
    ? [
        {
          level: "note",
          subject,
          text: `not set: every program on this machine has access; other machines cannot connect (${host})`,
        },
      ]
    : [{ level: "failed", subject, text: `not set, but other machines can reach ${host}; set --keys-file` }];
}

/** Returns the path itself, or its nearest parent that exists. */
function nearestExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path));
}
