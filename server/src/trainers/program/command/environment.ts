import type { Secrets } from "../../../store/secrets";

/** Returns the environment of a training program, with a job's secrets. */
export type ProgramEnvironment = (secrets?: Secrets) => NodeJS.ProcessEnv;

/** Secrets of the server. A training has no use for them: the server itself speaks to clients and to the Ray cluster. */
const OF_SERVER = [
  ...["MISTRAL_SERVER_API_KEYS", "MISTRAL_SERVER_WEBHOOKS", "MISTRAL_SERVER_WEBHOOK_SECRET"],
  ...["RAY_AUTH_TOKEN", "RAY_JOB_HEADERS"],
];

/** What systemd tells the server about itself: credentials, sockets, and how to report its state. */
const OF_SYSTEMD = [
  ...["CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET", "LISTEN_PID", "LISTEN_PIDFDID", "LISTEN_FDS", "LISTEN_FDNAMES"],
  ...["INVOCATION_ID", "JOURNAL_STREAM", "SYSTEMD_EXEC_PID", "MAINPID", "MANAGERPID", "WATCHDOG_PID", "WATCHDOG_USEC"],
  ...["FDSTORE", "MEMORY_PRESSURE_WATCH", "MEMORY_PRESSURE_WRITE"],
];

/** What every program needs to start. */
const ALWAYS_ALLOWED = ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_*", "TZ", "TMPDIR"];

/**
 * Returns how to build the environment of training programs. By default, programs inherit the server's variables, except
 * for the secrets of the server and the variables of systemd.
 *
 * @param allowed names of variables: programs inherit only these and a few that every program needs, such as `PATH`. A `*`
 * at the end matches any characters: `NCCL_*`
 */
export function programEnvironment(allowed?: readonly string[]): ProgramEnvironment {
  const isInherited = allowed === undefined ? isHarmless : oneOf([...ALWAYS_ALLOWED, ...allowed]);
  return (secrets = {}) => {
    const inherited = Object.entries(process.env).filter(([name]) => isInherited(name));
    return { PYTHONUNBUFFERED: "1", ...Object.fromEntries(inherited), ...secrets };
  };
}

/** Hides the GPUs: for commands that run while trainings use them. */
export function withoutGpu(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...environment, CUDA_VISIBLE_DEVICES: "" };
}

function isHarmless(name: string): boolean {
  return !OF_SERVER.includes(name) && !OF_SYSTEMD.includes(name);
}

function oneOf(patterns: readonly string[]): (name: string) => boolean {
  return (name) =>
    patterns.some((pattern) => (pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern));
}
