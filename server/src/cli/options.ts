import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import envPaths from "env-paths";
import { TRAINERS } from "../domain/trainer";
import { parseKeysFile } from "../http/auth";
import { UsageError } from "../http/errors";
import type { ServerOptions } from "../index";
import { DEFAULT_LOG_LEVEL, LOG_LEVELS } from "../log";
import { omitUndefined } from "../omitUndefined";
import {
  DEFAULT_CANCEL_GRACE,
  DEFAULT_HANG_TIMEOUT,
  DEFAULT_MAX_JOBS,
  DEFAULT_RAY_ADDRESS,
  DEFAULT_SPEED,
} from "../trainers/configured";
import { rayAddress, rayHeaders } from "../trainers/ray/connectionOptions";

const DEFAULT_DATA_DIR = envPaths("mistral-fine-tuning-server", { suffix: "" }).data;
const DEFAULT_PORT = 8080;

export const HELP = `mistral-fine-tuning-server: Mistral's fine-tuning API, on a machine of your own

Usage: mistral-fine-tuning-server [options]           starts the server
       mistral-fine-tuning-server doctor [options]    says what works with these options, and what does not
       mistral-fine-tuning-server setup [--extra 4bit|ray|wandb] [--tiny-model DIR FILE…]
                                                      makes the shipped recipe's Python environment, once;
                                                      and a tiny model that knows the words of the data files

  --host ADDRESS    the address to listen on (127.0.0.1); another than loopback needs keys
  --port PORT       the port to listen on (${DEFAULT_PORT}); 0 takes one that is free
  --data DIR        the folder that keeps files, jobs and models (${DEFAULT_DATA_DIR})
  --api-key KEY     a key that is let in; may be repeated. Other users of this machine can see it
                    in the list of processes: MISTRAL_SERVER_API_KEYS or --keys-file hide it
  --keys-file FILE  keys, one a line, plain or as sha256:<hex>; lines with # are comments
  --trainer NAME    simulated (the default): trains nothing, and makes the results up
                    process: trains on this machine, with the shipped recipe or a program of yours
                    ray: the same on a Ray cluster, whose nodes see --data under the same path
  --speed N         simulate N times faster than real time (${DEFAULT_SPEED})
  --models FILE     which model each name of the API means, in JSON or YAML; process, ray need it
  --recipe COMMAND  the program that trains, instead of the shipped recipe: it is given a folder
  --max-jobs N      how many trainings run at a time (${DEFAULT_MAX_JOBS}); the others wait in a queue
  --hang-timeout N  seconds without progress after which a program is ended (${DEFAULT_HANG_TIMEOUT})
  --ray-address URL the dashboard of the Ray cluster (${DEFAULT_RAY_ADDRESS})
  --ray-config FILE what a job takes of the cluster, in JSON or YAML
  --cancel-grace N  seconds that a cancelled program may take to end (${DEFAULT_CANCEL_GRACE})
  --log-level LEVEL what is logged to stderr, as JSON lines: ${LOG_LEVELS.join(", ")} (${DEFAULT_LOG_LEVEL})
  --help, --version

MISTRAL_SERVER_API_KEYS in the environment holds keys, separated by commas. Without any key the
server lets every caller in, and listens on loopback addresses only. RAY_AUTH_TOKEN is the Ray
cluster's token; RAY_JOB_HEADERS, JSON, holds more headers for it.`;

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
  return {
    host: values.host,
    port: integer("--port", values.port, 65_535),
    dataDir: resolve(values.data),
    apiKeys: [
      ...values["api-key"],
      ...(env.MISTRAL_SERVER_API_KEYS ?? "").split(",").filter((key) => key.trim() !== ""),
      ...(values["keys-file"] === undefined ? [] : readKeys(values["keys-file"])),
    ].map((key) => key.trim()),
    logLevel: oneOf("--log-level", values["log-level"], LOG_LEVELS),
    trainer: oneOf("--trainer", values.trainer, TRAINERS),
    speed: positive("--speed", values.speed),
    maxJobs: integer("--max-jobs", values["max-jobs"], 1000, 1),
    hangTimeout: positive("--hang-timeout", values["hang-timeout"]),
    rayAddress: rayAddress(values["ray-address"]),
    rayHeaders: rayHeaders(env),
    cancelGrace: positive("--cancel-grace", values["cancel-grace"]),
    ...omitUndefined({ models: values.models, recipe: values.recipe, rayConfig: values["ray-config"] }),
  };
}

export function version(): string {
  return JSON.parse(readFileSync(join(__dirname, "../../package.json"), "utf8")).version;
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
        models: { type: "string" },
        recipe: { type: "string" },
        "max-jobs": { type: "string", default: String(DEFAULT_MAX_JOBS) },
        "hang-timeout": { type: "string", default: String(DEFAULT_HANG_TIMEOUT) },
        "ray-address": { type: "string", default: DEFAULT_RAY_ADDRESS },
        "ray-config": { type: "string" },
        "cancel-grace": { type: "string", default: String(DEFAULT_CANCEL_GRACE) },
        "log-level": { type: "string", default: DEFAULT_LOG_LEVEL },
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

function oneOf<Value extends string>(flag: string, value: string, values: readonly Value[]): Value {
  const found = values.find((each) => each === value);
  if (found === undefined) {
    throw new UsageError(`${flag} takes one of ${values.join(", ")}, not ${value}`);
  }
  return found;
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

function integer(flag: string, value: string, max: number, min = 0): number {
  if (!/^\d+$/.test(value) || Number(value) > max || Number(value) < min) {
    throw new UsageError(`${flag} takes a whole number from ${min} to ${max}, not ${value}`);
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
