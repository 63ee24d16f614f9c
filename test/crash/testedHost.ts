import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { provider } from "../../provider/src/resource/serializedProvider";
import type { Properties } from "./properties";

export const hostNames = ["dynamic", "plugin"] as const;
export type HostName = (typeof hostNames)[number];

/** A program that runs the provider's lifecycle for the engine. */
export interface TestedHost {
  name: HostName;
  /** The type of the resource. */
  token: string;
  /** The program of Node.js. Its argument is the engine's address. */
  program: string;
  /** The inputs that the SDK sends besides the declared ones. */
  addedInputs(urn: string): Promise<Properties>;
}

const dynamic: TestedHost = {
  name: "dynamic",
  token: "pulumi-nodejs:dynamic/mistral:FineTuningJob",
  program: require.resolve("@pulumi/pulumi/cmd/dynamic-provider"),
  async addedInputs(urn) {
    const { text } = await pulumi.runtime.serializeFunction(() => provider);
    return { __provider: text, __urn: urn, __organization: "organization" };
  },
};

const plugin: TestedHost = {
  name: "plugin",
  token: "mistral:index:FineTuningJob",
  program: resolve(__dirname, "../../provider/bin/pulumi-resource-mistral.js"),
  addedInputs: async () => ({}),
};

export const testedHosts: Record<HostName, TestedHost> = { dynamic, plugin };
