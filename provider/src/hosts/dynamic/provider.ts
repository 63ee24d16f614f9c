import type * as dynamic from "@pulumi/pulumi/dynamic";
import { check } from "../../lifecycle/check";
import { withKeyAdvice } from "../../lifecycle/connection/errors";
import { printable } from "../../lifecycle/connection/knownKeys";
import { create } from "../../lifecycle/create";
import { remove } from "../../lifecycle/delete";
import { diff } from "../../lifecycle/diff";
import { read } from "../../lifecycle/read";
import type { Outputs } from "../../lifecycle/state/outputs";
import { update } from "../../lifecycle/update";
import type { Inputs } from "../../schema/inputs";
import { readableFailure } from "../readableError";
import { DynamicHost } from "./host";

const host = new DynamicHost();

/** The arguments of every method: the resource's properties, including the serialized provider. */
type Properties = Record<string, unknown>;

/** The methods that Pulumi's dynamic host calls. Each one calls the lifecycle. */
export const provider = {
  async configure({ config }: dynamic.ConfigureRequest): Promise<void> {
    host.configure(config);
  },

  async check(olds: Properties, news: Properties): Promise<dynamic.CheckResult> {
    return withReadableErrors(async () => {
      const { inputs, problems } = await check(withoutProvider(olds), withoutProvider(news), host);
      // With a property name, the engine would print the property's value, including secrets.
      return { inputs, failures: problems.map((reason) => ({ property: "", reason: printable(reason) })) };
    });
  },

  async diff(id: string, olds: Properties, news: Properties): Promise<dynamic.DiffResult> {
    return withReadableErrors(async () => diff(id, withoutProvider(olds), withoutProvider(news), host));
  },

  async create(inputs: Properties): Promise<dynamic.CreateResult> {
    host.warnIfCancelUnsupported();
    return withReadableErrors(async () => {
      const { id, outputs } = await create(withoutProvider(inputs) as Inputs, host);
      return { id, outs: outputs };
    }, inputs);
  },

  async update(id: string, olds: Properties, news: Properties): Promise<dynamic.UpdateResult> {
    host.warnIfCancelUnsupported();
    return withReadableErrors(
      async () => ({ outs: await update(id, withoutProvider(olds) as Outputs, withoutProvider(news) as Inputs, host) }),
      news,
    );
  },

  async read(id: string, props: Properties): Promise<dynamic.ReadResult> {
    return withReadableErrors(async () => {
      const state = withoutProvider(props) as Outputs;
      const outputs = await withKeyAdvice(read(id, state, host), usesOwnKey(state));
      // An empty ID means that the resource is gone.
      return outputs ? { id, props: outputs } : { id: "" };
    });
  },

  async delete(id: string, props: Properties): Promise<void> {
    const state = withoutProvider(props) as Outputs;
    return withReadableErrors(() => withKeyAdvice(remove(id, state, host), usesOwnKey(state)));
  },
};

const usesOwnKey = ({ connection }: Outputs) => connection?.apiKey !== undefined;

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
