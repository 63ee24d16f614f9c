import type { dynamic } from "@pulumi/pulumi";

type Methods = Required<dynamic.ResourceProvider>;
type Implementation = Methods & { modelApproval: Methods };

interface Loader {
  (): Implementation;
  /** The cached implementation. */
  found?: Implementation;
}

/**
 * Loads the implementation from the program's folder. Every state holds the source text of this function and of the methods below,
 * so they are minimal and frozen. Searches the program's folder, and `node_modules/.pnpm/node_modules` in this folder and each parent
 * folder. pnpm installs indirect dependencies there; in a pnpm workspace, the folder is at the root of the workspace. Resolving takes
 * about 0.5 ms, so the result is cached.
 */
const load: Loader = () => {
  if (!load.found) {
    const folders = require.resolve.paths("_") as string[];
    const paths = [".", ...folders.map((folder) => `${folder}/.pnpm/node_modules`)];
    load.found = require(require.resolve("pulumi-mistral/dynamic", { paths }));
  }
  return load.found as Implementation;
};

/** The provider object that all fine-tuning jobs share; Pulumi serializes it once per process. */
export const provider: dynamic.ResourceProvider = {
  configure: (request) => load().configure(request),
  check: (olds, news) => load().check(olds, news),
  diff: (id, olds, news) => load().diff(id, olds, news),
  create: (inputs) => load().create(inputs),
  update: (id, olds, news) => load().update(id, olds, news),
  read: (id, props) => load().read(id, props),
  delete: (id, props) => load().delete(id, props),
};

/** The same for approvals. */
export const approvalProvider: dynamic.ResourceProvider = {
  configure: (request) => load().modelApproval.configure(request),
  check: (olds, news) => load().modelApproval.check(olds, news),
  diff: (id, olds, news) => load().modelApproval.diff(id, olds, news),
  create: (inputs) => load().modelApproval.create(inputs),
  update: (id, olds, news) => load().modelApproval.update(id, olds, news),
  read: (id, props) => load().modelApproval.read(id, props),
  delete: (id, props) => load().modelApproval.delete(id, props),
};
