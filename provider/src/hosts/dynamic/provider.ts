import type * as dynamic from "@pulumi/pulumi/dynamic";
import { withKeyAdvice } from "../../lifecycle/connection/errors";
import { printable } from "../../lifecycle/connection/knownKeys";
import { readableFailure } from "../readableError";
import type { ResourceType } from "../resourceTypes/resourceType";
import { resourceTypes } from "../resourceTypes/resourceTypes";
import { DynamicHost } from "./host";

/** One for all resource types: `delete` of one type may depend on what the process did for another. */
const host = new DynamicHost();

/** The arguments of every method: the resource's properties, including the serialized provider. */
type Properties = Record<string, unknown>;

/** Returns the methods that Pulumi's dynamic host calls for a resource type. Each one calls the lifecycle. */
const providerOf = (type: ResourceType) => ({
  async configure({ config }: dynamic.ConfigureRequest): Promise<void> {
    host.configure(config);
  },

  async check(olds: Properties, news: Properties): Promise<dynamic.CheckResult> {
    return withReadableErrors(async () => {
      const { inputs, problems } = await type.check(withoutProvider(olds), withoutProvider(news), host);
      // With a property name, the engine would print the property's value, including secrets.
      return { inputs, failures: problems.map((reason) => ({ property: "", reason: printable(reason) })) };
    });
  },

  async diff(id: string, olds: Properties, news: Properties): Promise<dynamic.DiffResult> {
    return withReadableErrors(async () => type.diff(id, withoutProvider(olds), withoutProvider(news), host));
  },

  async create(inputs: Properties): Promise<dynamic.CreateResult> {
    if (type.waitsForTraining) host.warnIfCancelUnsupported();
    return withReadableErrors(async () => {
      const { id, outputs } = await type.create(withoutProvider(inputs), host);
      return { id, outs: outputs };
    }, inputs);
  },

  async update(id: string, olds: Properties, news: Properties): Promise<dynamic.UpdateResult> {
    if (type.waitsForTraining) host.warnIfCancelUnsupported();
    return withReadableErrors(
      async () => ({ outs: await type.update(id, withoutProvider(olds), withoutProvider(news), host) }),
      news,
    );
  },

  async read(id: string, props: Properties): Promise<dynamic.ReadResult> {
    return withReadableErrors(async () => {
      const state = withoutProvider(props);
      const outputs = await withKeyAdvice(type.read(id, state, host), usesOwnKey(state));
      // An empty ID means that the resource is gone.
      return outputs ? { id, props: outputs } : { id: "" };
    });
  },

  async delete(id: string, props: Properties): Promise<void> {
    const state = withoutProvider(props);
    return withReadableErrors(() => withKeyAdvice(type.delete(id, state, host), usesOwnKey(state)));
  },
});

/** The methods for fine-tuning jobs. */
export const provider = providerOf(resourceTypes.FineTuningJob);
/** The methods for approvals. */
export const modelApproval = providerOf(resourceTypes.ModelApproval);

const usesOwnKey = ({ connection }: Properties) =>
  (connection as { apiKey?: string } | undefined)?.apiKey !== undefined;

function withoutProvider(properties: Properties): Properties {
  const { __provider, ...rest } = properties;
  return rest;
}

/**
 * Runs an operation and converts its failure for the engine. Removes the stack trace, which the host would print. The properties of
 * an existing job must contain the serialized provider, without which the resource could not be refreshed or deleted.
 */
async function withReadableErrors<T>(operation: () => Promise<T>, inputs: Properties = {}): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    const { message, existing } = readableFailure(error);
    const plain = Object.assign(new Error(message), { stack: "" });
    if (!existing) throw plain;
    throw Object.assign(plain, {
      id: existing.id,
      properties: { ...existing.outputs, __provider: inputs.__provider },
      reasons: [message],
    });
  }
}
