import type { ResourceName } from "../../resourceTypes/names";
import type { Properties } from "../wire";
import { SERIALIZED_PROVIDERS } from "./dynamicProvider";

/** Removes what comes with each request, and what the dynamic provider's class adds: Pulumi's side of the plugin has neither. */
export function forEngine(properties: object): Properties {
  const { __urn, __timeouts, __provider, ...rest } = properties as Properties;
  return rest;
}

/** The outputs as the state holds them. */
export const forState = (outputs: object, name: ResourceName): Properties => ({
  ...forEngine(outputs),
  __provider: SERIALIZED_PROVIDERS[name],
});
