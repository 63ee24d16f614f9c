import * as pulumi from "@pulumi/pulumi";
import type { ConnectionArgs, FineTuningJobArgs } from "./types.generated";

/**
 * Makes the credentials among the inputs secret, also where the program passes plain strings: the dynamic host accepts no
 * secrets from a provider, so it can only be done here. The engine then encrypts the outputs of the same names too.
 */
export function withSecrets(args: FineTuningJobArgs): FineTuningJobArgs {
  const { connection, integrations, repositories } = args;
  return {
    ...args,
    ...(connection !== undefined && { connection: withSecretKey(connection) }),
    ...(integrations !== undefined && { integrations: pulumi.secret(integrations) }),
    ...(repositories !== undefined && { repositories: pulumi.secret(repositories) }),
  };
}

/** Seals the key alone, so that the URL stays readable in a diff; the whole, where its fields are not known yet. */
function withSecretKey(connection: pulumi.Input<ConnectionArgs>): pulumi.Input<ConnectionArgs> {
  if (pulumi.Output.isInstance(connection) || connection instanceof Promise) return pulumi.secret(connection);
  return connection?.apiKey === undefined ? connection : { ...connection, apiKey: pulumi.secret(connection.apiKey) };
}

let warned = false;

/** Pulumi itself stores a plain config value in plain text: nothing but a warning can help. */
export function warnAboutPlainTextKey(): void {
  const key = "mistral:apiKey";
  // The SDK's types leave it out.
  const { isConfigSecret } = pulumi.runtime as { isConfigSecret?: (key: string) => boolean };
  if (warned || new pulumi.Config("mistral").get("apiKey") === undefined || isConfigSecret?.(key) !== false) return;
  warned = true;
  void pulumi.log.warn(
    `${key} is stored in plain text in the stack's config and state: set it again with \`pulumi config set --secret ${key}\``,
  );
}
