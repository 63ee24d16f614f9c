/**
 * The module that every state names: a resource of this package is stored with `require("pulumi-mistral/dynamic")`. The
 * specifier and the methods are frozen.
 */
import { provider } from "./hosts/dynamic/provider";

export const { configure, check, diff, create, read, update, delete: delete_ } = provider;
export { delete_ as delete };
