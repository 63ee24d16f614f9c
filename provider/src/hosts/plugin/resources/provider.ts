import { withKeyAdvice } from "../../../lifecycle/connection/errors";
import { printable } from "../../../lifecycle/connection/knownKeys";
import type { PropertyChange } from "../../../lifecycle/detailedDiff";
import type { DiffResult } from "../../../lifecycle/diff";
import type { PluginHost } from "../host";
import type { Properties } from "../wire";
import type { RequestedResource } from "./resourceService";
import { forEngine, forState } from "./stateProperties";
import { identityUrn } from "./urn";

/** The operation timeout that the engine sends, in seconds; 0 means none. */
type Timeout = number;

/**
 * The resources' operations on plain properties. Each one calls the lifecycle of the resource's type. The properties on Pulumi's side
 * have no `__urn` and no `__timeouts`: both come with each request.
 */
export class PluginProvider {
  constructor(private readonly host: PluginHost) {}

  async check(
    { urn, type }: RequestedResource,
    olds: Properties,
    news: Properties,
  ): Promise<{ inputs: Properties; problems: string[] }> {
    const declared = { ...ownInputs(news), __urn: identityUrn(urn), __organization: this.host.organization };
    const { inputs, problems } = await type.check(ownInputs(olds), declared, this.host.operation(urn));
    return { inputs: forEngine(inputs), problems: problems.map(printable) };
  }

  diff(
    { urn, type }: RequestedResource,
    id: string,
    olds: Properties,
    news: Properties,
  ): DiffResult & { details: PropertyChange[] } {
    const [state, inputs] = [withUrn(olds, urn), withUrn(news, urn)];
    return {
      ...type.diff(id, state, inputs, this.host.operation(urn)),
      details: type.changedProperties(id, state, inputs),
    };
  }

  async create(
    { urn, type }: RequestedResource,
    properties: Properties,
    options: { timeout: Timeout; preview: boolean },
  ) {
    const inputs = withRequest(properties, urn, "create", options.timeout);
    const host = this.host.operation(urn);
    if (options.preview) return { id: "", outputs: forEngine(await type.previewOfCreate(inputs, host)) };
    const { id, outputs } = await type.create(inputs, host);
    return { id, outputs: forState(outputs, type.name) };
  }

  async update(
    { urn, type }: RequestedResource,
    id: string,
    olds: Properties,
    news: Properties,
    options: { timeout: Timeout; preview: boolean },
  ): Promise<Properties> {
    const state = withUrn(olds, urn);
    const inputs = withRequest(news, urn, "update", options.timeout);
    const host = this.host.operation(urn);
    if (options.preview) return forEngine(await type.previewOfUpdate(state, inputs, host));
    return forState(await type.update(id, state, inputs, host), type.name);
  }

  /** @returns undefined when the resource is gone. The inputs are set for an import, where the state is empty. */
  async read(
    { urn, type }: RequestedResource,
    id: string,
    properties: Properties,
    inputs: Properties,
    isImport: boolean,
  ): Promise<{ outputs: Properties; inputs: Properties } | undefined> {
    const host = this.host.operation(urn);
    if (Object.keys(properties).length === 0) {
      const owner = { urn: identityUrn(urn), organization: this.host.organization };
      const imported = await type.import(id, owner, host, isImport);
      return imported && { outputs: forState(imported.outputs, type.name), inputs: forEngine(imported.inputs) };
    }
    const state = withUrn(properties, urn);
    const outputs = await withKeyAdvice(type.read(id, state, host), usesOwnKey(state));
    return outputs && { outputs: forState(outputs, type.name), inputs };
  }

  async delete({ urn, type }: RequestedResource, id: string, properties: Properties, timeout: Timeout): Promise<void> {
    const state = withRequest(properties, urn, "delete", timeout);
    await withKeyAdvice(type.delete(id, state, this.host.operation(urn)), usesOwnKey(state));
  }
}

/** Whether the API key comes from the resource's own `connection`. */
const usesOwnKey = ({ connection }: Properties) =>
  (connection as { apiKey?: string } | undefined)?.apiKey !== undefined;

/** Removes what the dynamic provider's class adds to a program's inputs: a stack may come from there. */
function ownInputs(properties: Properties): Properties {
  const { __provider, __urn, __organization, __timeouts, ...inputs } = properties;
  return inputs;
}

const withUrn = (properties: Properties, urn: string): Properties => ({ ...properties, __urn: identityUrn(urn) });

/** Adds what comes with the request. A timeout of the dynamic provider's state stays when the request has none. */
function withRequest(properties: Properties, urn: string, operation: string, timeout: Timeout): Properties {
  const { __timeouts } = properties;
  return {
    ...withUrn(properties, urn),
    ...(timeout > 0 && { __timeouts: { ...(__timeouts as object | undefined), [operation]: timeout } }),
  };
}
