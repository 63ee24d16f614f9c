/** Names of the resource types. Frozen: the URN of every resource contains one of them. */
export const resourceNames = ["FineTuningJob", "ModelApproval"] as const;
export type ResourceName = (typeof resourceNames)[number];

/** The type of the plugin's resource. */
export const pluginToken = (name: ResourceName) => `mistral:index:${name}`;

/** The type of the dynamic provider's resource. */
export const dynamicToken = (name: ResourceName) => `pulumi-nodejs:dynamic/mistral:${name}`;
