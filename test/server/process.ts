import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { execa } from "execa";

const BIN = join(__dirname, "../../server/bin/mistral-fine-tuning-server.js");

/** Runs the real command and waits until it exits. */
export async function run(args: string[], env: Record<string, string> = {}) {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [BIN, ...args], {
    env: { MISTRAL_SERVER_API_KEYS: "", ...env },
    reject: false,
    stdin: "ignore",
    stripFinalNewline: false,
  });
  return { code: exitCode, stdout, stderr };
}

/** Returns a wrapper command that mounts a small tmpfs on `folder`, or undefined when this user cannot mount one. */
export function onSmallDisk(folder: string, size: string): string[] | undefined {
  const wrapper = ["unshare", "-rm", "sh", "-c", `mount -t tmpfs -o size=${size} none '${folder}' && exec "$@"`, "sh"];
  const [program, ...args] = wrapper as [string, ...string[]];
  return spawnSync(program, [...args, "true"]).status === 0 ? wrapper : undefined;
}
