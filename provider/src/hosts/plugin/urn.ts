/** The type of the plugin's resource. */
export const RESOURCE_TYPE = "mistral:index:FineTuningJob";

/** Frozen: the type of the dynamic provider's resource, which is part of every job's identity. */
export const DYNAMIC_TYPE = "pulumi-nodejs:dynamic/mistral:FineTuningJob";

/**
 * Returns the URN that the same resource has with the dynamic provider: the job's identity contains it, so both hosts find the same
 * job for the same inputs. A parent whose name contains `::` has another URN in Pulumi's Node.js SDK than in its engine, so the two
 * hosts then differ.
 *
 * @param urn `urn:pulumi:<stack>::<project>::[<parent's types>$]<type>::<name>`
 */
export function identityUrn(urn: string): string {
  const [prefix, project, types = "", ...name] = urn.split("::");
  const mapped = types.split("$").map((type) => (type === RESOURCE_TYPE ? DYNAMIC_TYPE : type));
  return [prefix, project, mapped.join("$"), ...name].join("::");
}
