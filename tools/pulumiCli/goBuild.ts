import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cachedVersion, installIntoCache } from "./cache";
import { findGo } from "./go";
import { buildGoProgram, type GoProgram, sdk } from "./goProgram";
import type { CliSource } from "./source";

const engine = "github.com/pulumi/pulumi/pkg/v3";

/**
 * The programs to build, with the modules that each requires. In 2023 the language hosts moved out of the SDK's module, to modules
 * that the Go module proxy does not serve. The last version inside the SDK's module still works with the current engine.
 */
const programs: readonly GoProgram[] = [
  { package: `${engine}/cmd/pulumi`, modules: [`${engine} v${cachedVersion}`, `${sdk} v${cachedVersion}`] },
  { package: `${sdk}/nodejs/cmd/pulumi-language-nodejs`, modules: [`${sdk} v3.68.0`] },
];

/** The script that the engine starts for dynamic providers. Unlike the script in `@pulumi/pulumi`, it uses `exec`, so that killing it leaves no shell behind. */
const dynamicProviderHost = `#!/bin/sh
host=$(node -p "require.resolve('@pulumi/pulumi/cmd/dynamic-provider')") || exit 1
exec node "$host" "$@"
`;

export const builtWithGo: CliSource = {
  title: "a build with Go",
  async get(context) {
    if (process.platform === "win32") throw new Error("not supported on Windows");
    const go = await findGo(context.env);
    context.log(
      `Building the Pulumi CLI ${cachedVersion} with Go. This takes about five minutes, once; the result is cached.`,
    );
    return installIntoCache(context, async (root) => {
      const bin = join(root, "bin");
      await mkdir(bin);
      for (const program of programs) await buildGoProgram(go, program, bin, context);
      const shim = join(bin, "pulumi-resource-pulumi-nodejs");
      await writeFile(shim, dynamicProviderHost);
      await chmod(shim, 0o755);
    });
  },
};
