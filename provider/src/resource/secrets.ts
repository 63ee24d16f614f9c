import * as pulumi from "@pulumi/pulumi";
import type { ConnectionArgs } from "./types.generated";

/**
 * Marks the credentials in the inputs as secret, even if the program passes plain strings. A dynamic provider cannot return
 * secrets, so this must happen in the program. The engine then also encrypts the outputs of the same names.
 */
export function withSecrets<Args extends Credentials>(args: Args): Args {
  const { connection, integrations, repositories } = args;
  return {
    ...args,
    ...(connection !== undefined && { connection: withSecretKey(connection) }),
    ...(integrations !== undefined && { integrations: pulumi.secret(integrations) }),
    ...(repositories !== undefined && { repositories: pulumi.secret(repositories) }),
  };
}

/** The inputs that have credentials. */
interface Credentials {
  connection?: pulumi.Input<ConnectionArgs>;
  integrations?: pulumi.Input<unknown>;
  repositories?: pulumi.Input<unknown>;
}

/** Marks only the key as secret, so that a diff shows the URL. If the fields are not known yet, marks the whole object. */
function withSecretKey(connection: pulumi.Input<ConnectionArgs>): pulumi.Input<ConnectionArgs> {
  if (pulumi.Output.isInstance(connection) || connection instanceof Promise) return pulumi.secret(connection);
  return connection?.apiKey === undefined ? connection : { ...connection, apiKey: pulumi.secret(connection.apiKey) };
}

let warned = false;

/** Warns about a key that was set without `--secret`: Pulumi stores it in plain text, which a provider cannot prevent. */
export function warnAboutPlainTextKey(): void {
  const key = "mistral:apiKey";
  // Missing in the SDK's types.
  const { isConfigSecret } = pulumi.runtime as { isConfigSecret?: (key: string) => boolean };
  if (warned || new pulumi.Config("mistral").get("apiKey") === undefined || isConfigSecret?.(key) !== false) return;
  warned = true;
  void pulumi.log.warn(
    `${key} is stored in plain text in the stack's config and state: set it again with \`pulumi config set --secret ${key}\``,
  );
}
