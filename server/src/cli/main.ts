import { UsageError } from "../domain/errors";
import { type RunningServer, startServer } from "../index";
import { findTrainer } from "../trainers";
import { version } from "../version";
import { runDoctor } from "./doctor/doctor";
import { HELP, parseOptions } from "./options";
import { rotateSigningKey } from "./rotateSigningKey";
import { setUp } from "./setup";

async function main([first, ...rest]: string[]): Promise<void> {
  if (first === "setup") {
    await setUp(rest);
    return;
  }
  const isDoctor = first === "doctor";
  const isRotation = first === "rotate-signing-key";
  const argv = isDoctor || isRotation || first === undefined ? rest : [first, ...rest];
  const options = parseOptions(argv, process.env);
  if (options === "help") {
    console.log(HELP);
    return;
  }
  if (options === "version") {
    console.log(version());
    return;
  }
  if (isDoctor) {
    process.exitCode = await runDoctor(options, console.log);
    return;
  }
  // Files that the server and its training programs create are not for other users of this machine.
  process.umask(process.umask() | 0o007);
  if (isRotation) {
    await rotateSigningKey(options, console.log);
    return;
  }
  const server = await startServer(options);
  stopOnSignal(server);
  // Other programs parse the URL from this line: its format must not change.
  console.log(`mistral-fine-tuning-server listening on ${server.url}`);
  console.log(findTrainer(options.trainer).startupMessage);
  console.log(`Data is kept in ${options.dataDir}`);
}

function stopOnSignal(server: RunningServer): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) {
      process.exit(1);
    }
    stopping = true;
    console.log(`${signal}: stopping. Unfinished trainings keep running, or resume when the server starts again.`);
    server.close().catch(fail);
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
}

function fail(error: unknown): void {
  const message = error instanceof UsageError ? error.message : `fatal error: ${(error as Error).message}`;
  console.error(`mistral-fine-tuning-server: ${message}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

main(process.argv.slice(2)).catch(fail);
