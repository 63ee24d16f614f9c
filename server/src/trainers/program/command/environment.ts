import type { Secrets } from "../../../store/secrets";

/** Returns the environment of a training program: the server's, without the server's API keys, and the job's secrets. */
export function programEnvironment(secrets: Secrets = {}): NodeJS.ProcessEnv {
  const { MISTRAL_SERVER_API_KEYS: _, ...env } = process.env;
  return { PYTHONUNBUFFERED: "1", ...env, ...secrets };
}

/** The same without a GPU: for commands that run while trainings use the GPUs. */
export function environmentWithoutGpu(secrets?: Secrets): NodeJS.ProcessEnv {
  return { ...programEnvironment(secrets), CUDA_VISIBLE_DEVICES: "" };
}
