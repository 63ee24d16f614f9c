import type * as dynamic from "@pulumi/pulumi/dynamic";
import { check } from "../../lifecycle/check";
import { withKeyHint } from "../../lifecycle/connection/errors";
import { create } from "../../lifecycle/create";
import { remove } from "../../lifecycle/delete";
import { diff } from "../../lifecycle/diff";
import { read } from "../../lifecycle/read";
import { InitError } from "../../lifecycle/state/initError";
import type { Outputs } from "../../lifecycle/state/outputs";
import { update } from "../../lifecycle/update";
import type { Inputs } from "../../schema/inputs";
import { DynamicHost } from "./host";

const host = new DynamicHost();

/** What the dynamic host gives to every method: the resource's properties, and the serialized provider among them. */
type Properties = Record<string, unknown>;

/** The methods that Pulumi's dynamic host calls, each translated for the lifecycle. */
export const provider = {
  async configure({ config }: dynamic.ConfigureRequest): Promise<void> {
    host.configure(config);
  },

  async check(olds: Properties, news: Properties): Promise<dynamic.CheckResult> {
    return readable(async () => {
      const { inputs, problems } = await check(own(olds), own(news), host);
      // A failure with a property makes the engine print that property's value, secrets included.
      return { inputs, failures: problems.map((reason) => ({ property: "", reason })) };
    });
  },

  async diff(id: string, olds: Properties, news: Properties): Promise<dynamic.DiffResult> {
    return readable(async () => diff(id, own(olds), own(news), host));
  },

  async create(inputs: Properties): Promise<dynamic.CreateResult> {
    host.mayTakeLong();
    return readable(async () => {
      const { id, outputs } = await create(own(inputs) as Inputs, host);
      return { id, outs: outputs };
    }, inputs);
  },

  async update(id: string, olds: Properties, news: Properties): Promise<dynamic.UpdateResult> {
    host.mayTakeLong();
    return readable(async () => ({ outs: await update(id, own(olds) as Outputs, own(news) as Inputs, host) }), news);
  },

  async read(id: string, props: Properties): Promise<dynamic.ReadResult> {
    return readable(async () => {
      const state = own(props) as Outputs;
      const outputs = await withKeyHint(read(id, state, host), hasOwnKey(state));
      // An empty id tells the engine that the resource is gone.
      return outputs ? { id, props: outputs } : { id: "" };
    });
  },

  async delete(id: string, props: Properties): Promise<void> {
    const state = own(props) as Outputs;
    return readable(() => withKeyHint(remove(id, state, host), hasOwnKey(state)));
  },
};

const hasOwnKey = ({ connection }: Outputs) => connection?.apiKey !== undefined;

function own(properties: Properties): Properties {
  const { __provider, ...rest } = properties;
  return rest;
}

/**
 * Runs an operation and makes its failure fit for people and for the engine: no stack trace, which the host would print, and an
 * unfinished job in the form that keeps its id. There the serialized provider must be put back by hand, or the resource could
 * never be refreshed or deleted again.
 */
async function readable<T>(operation: () => Promise<T>, inputs: Properties = {}): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    const { message } = error instanceof Error ? error : new Error(String(error));
    const plain = Object.assign(new Error(message), { stack: "" });
    if (!(error instanceof InitError)) throw plain;
    throw Object.assign(plain, {
      id: error.id,
      properties: { ...error.outputs, __provider: inputs.__provider },
      reasons: [message],
    });
  }
}
