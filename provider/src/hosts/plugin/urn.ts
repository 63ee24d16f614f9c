/** The type of the plugin's resource. */
export const RESOURCE_TYPE = "mistral:index:FineTuningJob";

/** Frozen: the type of the dynamic provider's resource, which is part of every job's identity. */
export const DYNAMIC_TYPE = "pulumi-nodejs:dynamic/mistral:FineTuningJob";

/**
 * Returns the URN that the same resource has with the dynamic provider: the job's identity contains it, so both hosts find the same
 * job for the same inputs.
 *
 * @param urn `urn:pulumi:<stack>::<project>::[<parent's types>$]<type>::<name>`
 */
export function identityUrn(urn: string): string {
  return urn.replace(`${RESOURCE_TYPE}::`, `${DYNAMIC_TYPE}::`);
}
