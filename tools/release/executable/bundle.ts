import { dirname, join } from "node:path";
import { build, type Plugin } from "esbuild";

export interface Bundle {
  /** The program as one CommonJS script. It requires nothing but Node.js's own modules. */
  code: string;
  /** The paths of all bundled files, absolute. */
  files: string[];
}

/**
 * Bundles a compiled program with its dependencies, including the program of the threads that check data.
 *
 * @param entry a compiled CommonJS file
 */
export async function bundle(entry: string): Promise<Bundle> {
  const threads: string[] = [];
  const main = await bundled(entry, [threadsFromText(threads)]);
  return { code: main.code, files: [...new Set([...main.files, ...threads])] };
}

async function bundled(entry: string, plugins: Plugin[] = []): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    // The CommonJS files of this package require each other in a way that esbuild cannot follow.
    alias: { "jsonc-parser": "jsonc-parser/lib/esm/main.js" },
    legalComments: "none",
    metafile: true,
    write: false,
    // Keeps the paths of this machine out of the bundle.
    absWorkingDir: dirname(entry),
    logLevel: "error",
    plugins,
  });
  return {
    code: outputFiles[0]?.text ?? "",
    files: Object.keys(metafile.inputs).map((path) => join(dirname(entry), path)),
  };
}

/**
 * Replaces `startThread`, which starts a thread from a file: an executable has no files. The bundle contains the program of the
 * thread as a text instead.
 */
function threadsFromText(bundledFiles: string[]): Plugin {
  return {
    name: "threads from text",
    setup(builder) {
      builder.onLoad({ filter: /[\\/]threads[\\/]startThread\.js$/ }, async ({ path }) => {
        const { code, files } = await bundled(join(path, "../checkThread.js"));
        bundledFiles.push(...files);
        const contents = `const { Worker } = require("node:worker_threads");
          const code = ${JSON.stringify(code)};
          exports.startThread = (options) => new Worker(code, { ...options, eval: true });`;
        return { contents, loader: "js" };
      });
    },
  };
}
