/**
 * The output `__provider` of the dynamic provider's resource, as Pulumi's SDK serializes it. Pulumi's dynamic host needs it to refresh
 * or delete a resource. The plugin writes it to the state too, so that a stack can move to the dynamic provider without an update.
 * It does what `resource/serializedProvider.ts` does.
 */
export const SERIALIZED_PROVIDER = `exports.handler = () => {
  const load = () => {
    if (!load.found) {
      const folders = require.resolve.paths("_");
      const paths = [".", ...folders.map((folder) => folder + "/.pnpm/node_modules")];
      load.found = require(require.resolve("pulumi-mistral/dynamic", { paths }));
    }
    return load.found;
  };
  return {
    configure: (request) => load().configure(request),
    check: (olds, news) => load().check(olds, news),
    diff: (id, olds, news) => load().diff(id, olds, news),
    create: (inputs) => load().create(inputs),
    update: (id, olds, news) => load().update(id, olds, news),
    read: (id, props) => load().read(id, props),
    delete: (id, props) => load().delete(id, props),
  };
};
`;
