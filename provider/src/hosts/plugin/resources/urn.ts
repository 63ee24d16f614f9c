import { dynamicToken, pluginToken, type ResourceName, resourceNames } from "../../resourceTypes/names";

/** The names of the resource types, by the plugin's token. */
const names = new Map<string | undefined, ResourceName>(resourceNames.map((name) => [pluginToken(name), name]));

/** The tokens of the resource types, for messages. */
export const pluginTokens = [...names.keys()];

/** Returns the type in a URN; undefined when the text is not a URN. */
export const typeIn = (urn: string): string | undefined => urn.split("::")[2]?.split("$").at(-1);

/** Returns the name of the resource type with this token. */
export const resourceNameOf = (token: string | undefined): ResourceName | undefined => names.get(token);

/**
 * Returns the URN that the same resource has with the dynamic provider: the job's identity contains it, so both hosts find the same
 * job for the same inputs. A parent whose name contains `::` has another URN in Pulumi's Node.js SDK than in its engine, so the two
 * hosts then differ.
 *
 * @param urn `urn:pulumi:<stack>::<project>::[<parent's types>$]<type>::<name>`
 */
export function identityUrn(urn: string): string {
  const [prefix, project, types = "", ...name] = urn.split("::");
  const mapped = types.split("$").map((type) => {
    const own = resourceNameOf(type);
    return own === undefined ? type : dynamicToken(own);
  });
  return [prefix, project, mapped.join("$"), ...name].join("::");
}
