/**
 * The module that every state refers to with `require("pulumi-mistral/dynamic")`. The specifier and the names are frozen.
 */
import { modelApproval, provider } from "./hosts/dynamic/provider";

export const { configure, check, diff, create, read, update, delete: delete_ } = provider;
export { delete_ as delete, modelApproval };
