import type { dynamic } from "@pulumi/pulumi";

type Implementation = Required<dynamic.ResourceProvider>;

interface Loader {
  (): Implementation;
  /** The implementation, once it has been looked for. */
  found?: Implementation;
}

/**
 * Loads the implementation, from the program's folder. Every state holds the text of this function and of the methods below,
 * so they are as small as can be, and frozen: the specifier, and the folders in which pnpm keeps this package when it is a
 * dependency of a dependency. There is one beside each `node_modules` from the program's up: a workspace has it at its root.
 * Looking there takes about half a millisecond, so a host does it once.
 */
const load: Loader = () => {
  if (!load.found) {
    const folders = require.resolve.paths("_") as string[];
    const paths = [".", ...folders.map((folder) => `${folder}/.pnpm/node_modules`)];
    load.found = require(require.resolve("pulumi-mistral/dynamic", { paths }));
  }
  return load.found as Implementation;
};

/** The one provider object of all resources; Pulumi serializes it once a process. */
export const provider: dynamic.ResourceProvider = {
  configure: (request) => load().configure(request),
  check: (olds, news) => load().check(olds, news),
  diff: (id, olds, news) => load().diff(id, olds, news),
  create: (inputs) => load().create(inputs),
  update: (id, olds, news) => load().update(id, olds, news),
  read: (id, props) => load().read(id, props),
  delete: (id, props) => load().delete(id, props),
};
