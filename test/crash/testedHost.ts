import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { dynamicToken, pluginToken, type ResourceName } from "../../provider/src/hosts/resourceTypes/names";
import { approvalProvider, provider } from "../../provider/src/resource/serializedProvider";
import type { Properties } from "./properties";

export const hostNames = ["dynamic", "plugin"] as const;
export type HostName = (typeof hostNames)[number];

/** A program that runs the provider's lifecycle for the engine. */
export interface TestedHost {
  name: HostName;
  /** The type of a job. */
  token: string;
  tokenOf(type: ResourceName): string;
  /** The program of Node.js. Its argument is the engine's address. */
  program: string;
  /** The inputs that the SDK sends besides the declared ones. */
  addedInputs(urn: string, type?: ResourceName): Promise<Properties>;
}

const serialized: Record<ResourceName, () => ReturnType<typeof pulumi.runtime.serializeFunction>> = {
  FineTuningJob: () => pulumi.runtime.serializeFunction(() => provider),
  ModelApproval: () => pulumi.runtime.serializeFunction(() => approvalProvider),
};

const dynamic: TestedHost = {
  name: "dynamic",
  token: "pulumi-nodejs:dynamic/mistral:FineTuningJob",
  tokenOf: dynamicToken,
  program: require.resolve("@pulumi/pulumi/cmd/dynamic-provider"),
  async addedInputs(urn, type = "FineTuningJob") {
    const { text } = await serialized[type]();
    return { __provider: text, __urn: urn, __organization: "organization" };
  },
};

const plugin: TestedHost = {
  name: "plugin",
  token: "mistral:index:FineTuningJob",
  tokenOf: pluginToken,
  program: resolve(__dirname, "../../provider/bin/pulumi-resource-mistral.js"),
  addedInputs: async () => ({}),
};

export const testedHosts: Record<HostName, TestedHost> = { dynamic, plugin };
