import type { ResourceName } from "../../resourceTypes/names";

/**
 * Returns the text of a provider, as Pulumi's SDK serializes it for the output `__provider`.
 *
 * @param provider an expression for the provider's methods, after `load` was called
 */
const serialized = (provider: string) => `exports.handler = () => {
  const load = () => {
    if (!load.found) {
      const folders = require.resolve.paths("_");
      const paths = [".", ...folders.map((folder) => folder + "/.pnpm/node_modules")];
      load.found = require(require.resolve("pulumi-mistral/dynamic", { paths }));
    }
    return load.found;
  };
  return {
    configure: (request) => ${provider}.configure(request),
    check: (olds, news) => ${provider}.check(olds, news),
    diff: (id, olds, news) => ${provider}.diff(id, olds, news),
    create: (inputs) => ${provider}.create(inputs),
    update: (id, olds, news) => ${provider}.update(id, olds, news),
    read: (id, props) => ${provider}.read(id, props),
    delete: (id, props) => ${provider}.delete(id, props),
  };
};
`;

/**
 * The output `__provider` of the dynamic provider's resources. Pulumi's dynamic host needs it to refresh or delete a resource. The
 * plugin writes it to the state too, so that a stack can move to the dynamic provider without an update. It does what
 * `resource/serializedProvider.ts` does.
 */
export const SERIALIZED_PROVIDERS: Record<ResourceName, string> = {
  FineTuningJob: serialized("load()"),
  ModelApproval: serialized("load().modelApproval"),
};
