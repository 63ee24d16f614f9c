import { resolve } from "node:path";
import { parseArgs } from "node:util";
import envPaths from "env-paths";
import { UsageError } from "../domain/errors";
import { parsePublicUrl } from "../http/publicUrl";
import type { ServerOptions } from "../index";
import { DEFAULT_LOG_LEVEL, LOG_LEVELS } from "../log";
import { DEFAULT_TRAINER, TRAINER_NAMES, TRAINERS, type TrainerOptions } from "../trainers";
import { type Flag, integer } from "../trainers/flags";
import { readWebhookSecret } from "./secretFile";

const DEFAULT_DATA_DIR = envPaths("mistral-fine-tuning-server", { suffix: "" }).data;
const DEFAULT_PORT = 8080;

/** The column of the descriptions in the help text. */
const HELP_COLUMN = 20;

/** The flags of all trainers, without duplicates. */
const TRAINER_FLAGS: readonly Flag<TrainerOptions>[] = [
  ...new Map(TRAINERS.flatMap(({ flags }) => flags).map((flag) => [flag.name, flag])).values(),
];

export const HELP = `mistral-fine-tuning-server: Mistral's fine-tuning API on your own machine

Usage: mistral-fine-tuning-server [options]           start the server
       mistral-fine-tuning-server doctor [options]    check whether the server can work with these options
       mistral-fine-tuning-server setup [--extra 4bit|ray|test|wandb] [--torch-index URL] [--tiny-model DIR FILE…]
                                                      create the Python environment of the included recipe, with
                                                      PyTorch from the package index URL, and a small random
                                                      model whose tokenizer is trained on FILE…
       mistral-fine-tuning-server rotate-signing-key [--data DIR]
                                                      make all signed URLs invalid; a running server needs no restart

  --host ADDRESS    the address to listen on (default: 127.0.0.1); a non-loopback address needs API keys
  --port PORT       the port to listen on (default: ${DEFAULT_PORT}); 0 selects a free port
  --public-url URL  the URL at which clients reach the server through a reverse proxy, for links in replies
  --data DIR        the folder for files, jobs and models (default: ${DEFAULT_DATA_DIR})
  --api-key KEY     an accepted API key; repeatable. Other users of this machine can see this key
                    in the process list: prefer MISTRAL_SERVER_API_KEYS or --keys-file
  --keys-file FILE  a file with API keys, one per line: KEY [workspace=NAME] [name=NAME], in plain text
                    or as sha256:<hex>; lines that begin with # are comments. Read again when it changes.
                    The page shows name as the owner of the key's jobs
  --webhook URL     notify this URL when a job is validated or has ended, and when an approval is missed;
                    repeatable, at most 10. Other users of this machine can see a URL in the process list:
                    prefer MISTRAL_SERVER_WEBHOOKS for a URL that contains a token
  --webhook-secret-file FILE
                    a file with the secret that signs the notifications: whsec_ and base64
  --max-connections N
                    maximum number of open connections (default: a quarter of the file descriptors of the
                    process, from 16 to 1024)
${trainerHelp()}
  --log-level LEVEL the lowest level logged to stderr, as JSON lines: ${LOG_LEVELS.join(", ")}
                    (default: ${DEFAULT_LOG_LEVEL})
  --help, --version

Environment variables:
  MISTRAL_SERVER_API_KEYS  more API keys, separated by commas. Without any API key, the server accepts
                           all requests and listens on loopback addresses only.
  MISTRAL_SERVER_WEBHOOKS  more URLs for --webhook, separated by commas or spaces
  MISTRAL_SERVER_WEBHOOK_SECRET
                           the secret that signs the notifications, without --webhook-secret-file
  RAY_AUTH_TOKEN           the token of the Ray cluster
  RAY_JOB_HEADERS          more HTTP headers for the Ray cluster, as a JSON object`;

/** The options of the server, and those that only `doctor` needs. */
export type CommandOptions = ServerOptions & { webhookSecretFile?: string };

/** Parses the command line and the environment. @throws {UsageError} when an option is invalid */
export function parseOptions(
  argv: string[],
  env: NodeJS.ProcessEnv,
): (CommandOptions & { port: number }) | "help" | "version" {
  const values = parseFlags(argv);
  if (values.help) {
    return "help";
  }
  if (values.version) {
    return "version";
  }
  const webhookSecretFile = values["webhook-secret-file"];
  const webhookSecret = readWebhookSecret(webhookSecretFile, env);
  return {
    host: values.host,
    port: integer(0, 65_535)(values.port, "--port"),
    ...(values["public-url"] !== undefined && { publicUrl: parsePublicUrl(values["public-url"]) }),
    dataDir: resolve(values.data),
    apiKeys: [
      ...values["api-key"],
      ...(env.MISTRAL_SERVER_API_KEYS ?? "").split(",").filter((key) => key.trim() !== ""),
    ].map((key) => key.trim()),
    ...(values["max-connections"] !== undefined && {
      maxConnections: integer(1, 1_000_000)(values["max-connections"], "--max-connections"),
    }),
    ...(values["keys-file"] !== undefined && { keysFile: resolve(values["keys-file"]) }),
    webhooks: [...values.webhook, ...(env.MISTRAL_SERVER_WEBHOOKS ?? "").split(/[\s,]+/).filter((url) => url !== "")],
    ...(webhookSecret !== undefined && { webhookSecret }),
    ...(webhookSecretFile !== undefined && { webhookSecretFile }),
    logLevel: oneOf("--log-level", values["log-level"], LOG_LEVELS),
    trainer: oneOf("--trainer", values.trainer, TRAINER_NAMES),
    ...trainerOptions(values, env),
  };
}

function parseFlags(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      options: {
        host: { type: "string", default: "127.0.0.1" },
        port: { type: "string", default: String(DEFAULT_PORT) },
        "public-url": { type: "string" },
        data: { type: "string", default: DEFAULT_DATA_DIR },
        "api-key": { type: "string", multiple: true, default: [] },
        "keys-file": { type: "string" },
        webhook: { type: "string", multiple: true, default: [] },
        "webhook-secret-file": { type: "string" },
        trainer: { type: "string", default: DEFAULT_TRAINER },
        ...parsableTrainerFlags(),
        "max-connections": { type: "string" },
        "log-level": { type: "string", default: DEFAULT_LOG_LEVEL },
        help: { type: "boolean", short: "h" },
        version: { type: "boolean" },
      },
    }).values;
  } catch (error) {
    // Keep only the first sentence. The others explain how to pass a value that begins with a dash.
    const [message] = (error as Error).message.split(". ");
    throw new UsageError(`${message}; --help lists the options`);
  }
}

/** Returns the lines of `--help` about the trainers and their flags. */
function trainerHelp(): string {
  const [first = "", ...others] = TRAINERS.flatMap(({ name, description: [line, ...more] }) => [
    `${name}: ${line}`,
    ...more.map((each) => `  ${each}`),
  ]);
  const trainers = helpLines("--trainer NAME", [first, ...others]);
  return [trainers, ...TRAINER_FLAGS.map(({ name, value, help }) => helpLines(`--${name} ${value}`, help))].join("\n");
}

function helpLines(flag: string, [first = "", ...more]: readonly string[]): string {
  return [`  ${flag.padEnd(HELP_COLUMN - 3)} ${first}`, ...more.map((each) => " ".repeat(HELP_COLUMN) + each)].join(
    "\n",
  );
}

/** Returns the flags of the trainers in the format of `parseArgs`. */
function parsableTrainerFlags() {
  return Object.fromEntries(
    TRAINER_FLAGS.map(({ name, default: value }) => [
      name,
      { type: "string" as const, ...(value !== undefined && { default: value }) },
    ]),
  );
}

/** Returns the options of the trainers, from their flags and from the environment. */
function trainerOptions(values: Record<string, unknown>, env: NodeJS.ProcessEnv): TrainerOptions {
  const fromFlags = TRAINER_FLAGS.flatMap(({ name, option, parse = (text: string) => text }) => {
    const text = values[name];
    return typeof text === "string" ? [[option, parse(text, `--${name}`)]] : [];
  });
  return Object.assign(Object.fromEntries(fromFlags), ...TRAINERS.map((each) => each.readEnvironment?.(env)));
}

function oneOf<Value extends string>(flag: string, value: string, values: readonly Value[]): Value {
  const found = values.find((each) => each === value);
  if (found === undefined) {
    throw new UsageError(`${flag} must be one of ${values.join(", ")}, not ${value}`);
  }
  return found;
}
