import { createHash } from "node:crypto";
import { stringify } from "yaml";

export interface Settings {
  /** ID of the fine-tuned model. */
  model: string;
  /** Base URL of the API that serves the model. */
  apiUrl: string;
}

const variables = ({ model, apiUrl }: Settings) => ({ MISTRAL_MODEL: model, MISTRAL_API_URL: apiUrl });

/**
 * Returns a Kubernetes manifest. The ConfigMap is immutable and its name contains a hash of its content, so that a rollback of the
 * workload also restores the previous model.
 */
export function configMap(settings: Settings): string {
  const data = variables(settings);
  const hash = createHash("sha256").update(JSON.stringify(data)).digest("hex").slice(0, 8);
  return stringify({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: `mistral-model-${hash}`, labels: { app: "mistral-model" } },
    immutable: true,
    data,
  });
}

/** Returns a file for `docker run --env-file` or `EnvironmentFile=` of systemd. */
export function envFile(settings: Settings): string {
  return Object.entries(variables(settings))
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}
