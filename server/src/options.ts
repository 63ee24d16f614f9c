import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import envPaths from "env-paths";
import { parseKeysFile } from "./auth";
import { UsageError } from "./errors";
import { DEFAULT_SPEED, type ServerOptions } from "./index";

const DEFAULT_DATA_DIR = envPaths("mistral-fine-tuning-server", { suffix: "" }).data;
const DEFAULT_PORT = 8080;

export const HELP = `mistral-fine-tuning-server: Mistral's fine-tuning API, on a machine of your own

Usage: mistral-fine-tuning-server [options]

  --host ADDRESS    the address to listen on (127.0.0.1); another than loopback needs keys
  --port PORT       the port to listen on (${DEFAULT_PORT}); 0 takes one that is free
  --data DIR        the folder that keeps files, jobs and models (${DEFAULT_DATA_DIR})
  --api-key KEY     a key that is let in; may be repeated. Other users of this machine can see it
                    in the list of processes: MISTRAL_SERVER_API_KEYS or --keys-file hide it
  --keys-file FILE  keys, one a line, plain or as sha256:<hex>; lines with # are comments
  --trainer NAME    simulated (the default): trains nothing, and makes the results up
  --speed N         simulate N times faster than real time (${DEFAULT_SPEED})
  --help, --version

MISTRAL_SERVER_API_KEYS in the environment holds keys, separated by commas. Without any key the
server lets every caller in, and listens on loopback addresses only.`;

/** What the command line asks for. @throws {UsageError} when it cannot be done */
export function parseOptions(
  argv: string[],
  env: NodeJS.ProcessEnv,
): (ServerOptions & { port: number }) | "help" | "version" {
  const values = parseFlags(argv);
  if (values.help) {
    return "help";
  }
  if (values.version) {
    return "version";
  }
  checkTrainer(values.trainer);
  return {
    host: values.host,
    port: integer("--port", values.port, 65_535),
    dataDir: resolve(values.data),
    apiKeys: [
      ...values["api-key"],
      ...(env.MISTRAL_SERVER_API_KEYS ?? "").split(",").filter((key) => key.trim() !== ""),
      ...(values["keys-file"] === undefined ? [] : readKeys(values["keys-file"])),
    ].map((key) => key.trim()),
    speed: positive("--speed", values.speed),
  };
}

export function version(): string {
  return JSON.parse(readFileSync(join(__dirname, "../package.json"), "utf8")).version;
}

function parseFlags(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      options: {
        host: { type: "string", default: "127.0.0.1" },
        port: { type: "string", default: String(DEFAULT_PORT) },
        data: { type: "string", default: DEFAULT_DATA_DIR },
        "api-key": { type: "string", multiple: true, default: [] },
        "keys-file": { type: "string" },
        trainer: { type: "string", default: "simulated" },
        speed: { type: "string", default: String(DEFAULT_SPEED) },
        help: { type: "boolean", short: "h" },
        version: { type: "boolean" },
      },
    }).values;
  } catch (error) {
    // The first sentence; the others are about options that begin with a dash.
    const [message] = (error as Error).message.split(". ");
    throw new UsageError(`${message}; --help lists the options`);
  }
}

function checkTrainer(name: string): void {
  if (name === "process" || name === "ray") {
    throw new UsageError(`--trainer ${name} is not part of this version; it has the simulated trainer only`);
  }
  if (name !== "simulated") {
    throw new UsageError(`there is no trainer ${name}; this version has the simulated trainer only`);
  }
}

function readKeys(path: string): string[] {
  let content: string;
  try {
    content = readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(`cannot read the keys file: ${(error as Error).message}`);
  }
  const keys = parseKeysFile(content);
  if (keys.length === 0) {
    throw new UsageError(`the keys file ${path} holds no key`);
  }
  return keys;
}

function integer(flag: string, value: string, max: number): number {
  if (!/^\d+$/.test(value) || Number(value) > max) {
    throw new UsageError(`${flag} takes a whole number from 0 to ${max}, not ${value}`);
  }
  return Number(value);
}

function positive(flag: string, value: string): number {
  const number = Number(value);
  if (!(number > 0 && number <= 1e6)) {
    throw new UsageError(`${flag} takes a number above 0, at most 1000000, not ${value}`);
  }
  return number;
}
