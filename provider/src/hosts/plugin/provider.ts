import { check } from "../../lifecycle/check";
import { withKeyAdvice } from "../../lifecycle/connection/errors";
import { printable } from "../../lifecycle/connection/knownKeys";
import { create as createJob } from "../../lifecycle/create";
import { remove } from "../../lifecycle/delete";
import type { PropertyChange } from "../../lifecycle/detailedDiff";
import { changedProperties, type DiffResult, diff } from "../../lifecycle/diff";
import { importJob } from "../../lifecycle/importJob";
import { read } from "../../lifecycle/read";
import type { Outputs } from "../../lifecycle/state/outputs";
import { update } from "../../lifecycle/update";
import type { Inputs } from "../../schema/inputs";
import type { PluginHost } from "./host";
import { previewOfCreate, previewOfUpdate } from "./previewOutputs";
import { forEngine, forState } from "./stateProperties";
import { identityUrn } from "./urn";
import type { Properties } from "./wire";

/** The operation timeout that the engine sends, in seconds; 0 means none. */
type Timeout = number;

/**
 * The resource's operations on plain properties. Each one calls the lifecycle. The properties on Pulumi's side have no `__urn` and no
 * `__timeouts`: both come with each request.
 */
export class PluginProvider {
  constructor(private readonly host: PluginHost) {}

  async check(urn: string, olds: Properties, news: Properties): Promise<{ inputs: Properties; problems: string[] }> {
    const declared = { ...ownInputs(news), __urn: identityUrn(urn), __organization: this.host.organization };
    const { inputs, problems } = await check(ownInputs(olds), declared, this.host.operation(urn));
    return { inputs: forEngine(inputs), problems: problems.map(printable) };
  }

  diff(urn: string, id: string, olds: Properties, news: Properties): DiffResult & { details: PropertyChange[] } {
    const [state, inputs] = [withUrn(olds, urn), withUrn(news, urn)];
    return { ...diff(id, state, inputs, this.host.operation(urn)), details: changedProperties(id, state, inputs) };
  }

  async create(urn: string, properties: Properties, options: { timeout: Timeout; preview: boolean }) {
    const inputs = withRequest<Inputs>(properties, urn, "create", options.timeout);
    const host = this.host.operation(urn);
    if (options.preview) return { id: "", outputs: forEngine(await previewOfCreate(inputs, host)) };
    const { id, outputs } = await createJob(inputs, host);
    return { id, outputs: forState(outputs) };
  }

  async update(
    urn: string,
    id: string,
    olds: Properties,
    news: Properties,
    options: { timeout: Timeout; preview: boolean },
  ): Promise<Properties> {
    const state = withUrn(olds, urn) as Outputs;
    const inputs = withRequest<Inputs>(news, urn, "update", options.timeout);
    const host = this.host.operation(urn);
    if (options.preview) return forEngine(await previewOfUpdate(state, inputs, host));
    return forState(await update(id, state, inputs, host));
  }

  /** @returns undefined when the job is gone. The inputs are set for an import, where the state is empty. */
  async read(
    urn: string,
    id: string,
    properties: Properties,
    inputs: Properties,
    isImport: boolean,
  ): Promise<{ outputs: Properties; inputs: Properties } | undefined> {
    const host = this.host.operation(urn);
    if (Object.keys(properties).length === 0) {
      const imported = await importJob(id, { urn: identityUrn(urn), organization: this.host.organization }, host, {
        hashFiles: isImport,
      });
      return imported && { outputs: forState(imported.outputs), inputs: forEngine(imported.inputs) };
    }
    const state = withUrn(properties, urn) as Outputs;
    const outputs = await withKeyAdvice(read(id, state, host), usesOwnKey(state));
    return outputs && { outputs: forState(outputs), inputs };
  }

  async delete(urn: string, id: string, properties: Properties, timeout: Timeout): Promise<void> {
    const state = withRequest<Outputs>(properties, urn, "delete", timeout);
    await withKeyAdvice(remove(id, state, this.host.operation(urn)), usesOwnKey(state));
  }
}

const usesOwnKey = ({ connection }: Outputs) => connection?.apiKey !== undefined;

/** Removes what the dynamic provider's class adds to a program's inputs: a stack may come from there. */
function ownInputs(properties: Properties): Properties {
  const { __provider, __urn, __organization, __timeouts, ...inputs } = properties;
  return inputs;
}

const withUrn = (properties: Properties, urn: string): Properties => ({ ...properties, __urn: identityUrn(urn) });

/** Adds what comes with the request. A timeout of the dynamic provider's state stays when the request has none. */
function withRequest<T>(properties: Properties, urn: string, operation: string, timeout: Timeout): T {
  const { __timeouts } = properties;
  return {
    ...withUrn(properties, urn),
    ...(timeout > 0 && { __timeouts: { ...(__timeouts as object | undefined), [operation]: timeout } }),
  } as T;
}
