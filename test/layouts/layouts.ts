import type { installs } from "./installs";
import {
  javascriptCommonJs,
  javascriptEsm,
  type Program,
  typescriptCommonJs,
  typescriptEsm,
  underTsx,
  wrapped,
} from "./programs";

export interface Layout {
  install: keyof typeof installs;
  title: string;
  program: Program;
  /** Run with the current LTS version of Node.js. Default: the version that runs the tests. */
  lts?: true;
  /** The program's folder in the installation. Without its own `node_modules`, it uses those of the parent folder. */
  folder?: string;
  /** Also run `tsc`, which checks the declaration files of packages as well. ts-node and tsx do not check these. */
  tsc?: true;
}

const node10 = { module: "commonjs", moduleResolution: "node" };
const node16 = { module: "node16", moduleResolution: "node16" };
const bundlerCommonJs = { module: "commonjs", moduleResolution: "bundler" };
const bundlerEsm = { module: "esnext", moduleResolution: "bundler" };

const typescript6 = "npm with TypeScript 6, ts-node and tsx";

/**
 * Covers every value of every dimension, but not every combination. Each package manager runs its typical program form; npm runs
 * every form. Every module loader runs on both versions of Node.js: CommonJS, ESM, ts-node, tsx, and `node_modules` with
 * links.
 */
export const layouts: readonly Layout[] = [
  {
    install: "npm",
    title: "TypeScript, Pulumi's own ts-node, moduleResolution node",
    program: typescriptCommonJs(node10),
    tsc: true,
  },
  { install: "npm", title: "CommonJS", program: javascriptCommonJs, folder: "commonjs", lts: true },
  { install: "npm", title: "ESM", program: javascriptEsm, folder: "esm" },
  {
    install: typescript6,
    title: "ts-node, moduleResolution node16",
    program: typescriptCommonJs(node16),
    lts: true,
    tsc: true,
  },
  {
    install: typescript6,
    title: "ts-node, moduleResolution bundler",
    program: typescriptCommonJs(bundlerCommonJs),
    folder: "bundler",
    tsc: true,
  },
  { install: typescript6, title: "ts-node in ESM mode", program: typescriptEsm(node16), folder: "ts-node-esm" },
  { install: typescript6, title: "tsx, CommonJS", program: underTsx(typescriptCommonJs(node16)), folder: "tsx" },
  {
    install: typescript6,
    title: "tsx, ESM, moduleResolution bundler",
    program: underTsx(typescriptEsm(bundlerEsm)),
    folder: "tsx-esm",
    lts: true,
    tsc: true,
  },
  {
    install: "npm with the oldest Pulumi SDK",
    title: "TypeScript",
    program: typescriptCommonJs(node10),
    tsc: true,
  },
  {
    install: "npm with the newest Pulumi SDK",
    title: "TypeScript",
    program: typescriptCommonJs(node10),
    lts: true,
    tsc: true,
  },
  {
    install: "an npm workspace",
    title: "TypeScript, program inside the workspace",
    program: typescriptCommonJs(node10),
    folder: "workspace/infra",
    lts: true,
  },
  {
    install: "an npm workspace",
    title: "TypeScript, program outside the workspace, with `file:`",
    program: typescriptCommonJs(node16),
    folder: "outside",
  },
  { install: "pnpm", title: "ESM", program: javascriptEsm, lts: true },
  {
    install: "pnpm and a company's wrapper",
    title: "TypeScript",
    program: wrapped(node10),
    folder: "infra",
  },
  {
    install: "a pnpm workspace with a company's wrapper",
    title: "TypeScript",
    program: wrapped(node10),
    folder: "infra",
  },
  { install: "yarn with node_modules", title: "TypeScript", program: typescriptCommonJs(node10), lts: true },
];
