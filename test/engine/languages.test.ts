import assert from "node:assert/strict";
import { mkdir, readdir, readFile, symlink } from "node:fs/promises";
import { delimiter, join, resolve } from "node:path";
import { execa } from "execa";
import { MistralClient } from "../../provider/src/client";
import { findGo } from "../../tools/pulumiCli/go";
import { packNodejs } from "../../tools/sdk/pack";
import { skipUnlessCi } from "../support/ci";
import { describeWithEngine } from "../support/engine";
import { pythonEnvironment, pythonProblem } from "../support/python";
import type { TestServer } from "../support/server";

const serverOfReadme = "http://127.0.0.1:8080";
/** The first run on a machine installs the packages of Python or compiles those of Go. */
const firstRunTimeoutMs = 10 * 60_000;

interface ReadmeOptions {
  /** The commands of the README between the start of the server and Pulumi's commands. The test has run them. */
  setUp?: string[];
  /** A folder that comes first on PATH. */
  bin?: string;
}

describeWithEngine(
  "the examples of the plugin",
  (engine) => {
    let server: TestServer;
    before(async () => {
      server = await engine.server({ speed: 2000 });
    });

    it("the YAML program trains", async () => {
      await runReadme("plugin-yaml", await engine.copyOfExample("plugin-yaml"));
    });

    it("the TypeScript program type-checks and trains", async () => {
      const folder = await engine.copyOfExample("plugin-typescript");
      await installPacked(await packNodejs(folder), join(folder, "node_modules/pulumi-mistral-sdk"));
      // The stack does not check types, and the repository's own check has other options than Pulumi's generator expects.
      const { exitCode, all } = await execa("tsc", ["-p", folder, "--noEmit"], {
        preferLocal: true,
        reject: false,
        all: true,
      });
      assert.equal(exitCode, 0, all);
      const setUp = [
        "npm run pack:sdk --prefix ../.. -- release",
        "npm install ../../release/pulumi-mistral-sdk-*.tgz",
      ];
      await runReadme("plugin-typescript", folder, { setUp });
    });

    it("the Python program trains", async function () {
      this.timeout(firstRunTimeoutMs);
      if (pythonProblem !== undefined) skipUnlessCi(this, pythonProblem);
      const folder = await engine.copyOfExample("plugin-python");
      const files = [join(folder, "requirements.txt"), ...(await filesOf(resolve(folder, "../../sdk/python")))];
      const content = await Promise.all(files.map((file) => readFile(file)));
      const environment = await pythonEnvironment(["-r", "requirements.txt"], content, folder);
      await symlink(environment, join(folder, "venv"));
      const setUp = ["python3 -m venv venv", "venv/bin/pip install -r requirements.txt"];
      // The language host that Go builds does not read the option `virtualenv`.
      await runReadme("plugin-python", folder, { setUp, bin: join(environment, "bin") });
    });

    it("the Go program trains", async function () {
      this.timeout(firstRunTimeoutMs);
      await findGo(process.env).catch((error: Error) => skipUnlessCi(this, error.message));
      await runReadme("plugin-go", await engine.copyOfExample("plugin-go"));
    });

    /** Runs the commands of an example's README that start with `pulumi`. Checks their results, and that they create one job. */
    async function runReadme(name: string, folder: string, { setUp = [], bin }: ReadmeOptions = {}): Promise<void> {
      const commands = await readmeCommands(folder);
      assert.deepEqual(commands, [
        "npm ci && npm run build",
        "npx mistral-fine-tuning-server --port 8080",
        ...setUp,
        "pulumi login --local",
        "export PULUMI_CONFIG_PASSPHRASE=my-passphrase",
        "pulumi stack init dev",
        `pulumi config set mistral:baseUrl ${serverOfReadme}`,
        "pulumi up --yes",
        "pulumi preview --expect-no-changes",
        "pulumi destroy --yes",
      ]);
      const jobsBefore = await countJobs();
      const commandTimeoutMs = firstRunTimeoutMs;
      // Has its own login and passphrase, and runs `pulumi stack init dev`.
      const stack = await engine.stack({ folder, project: name, commandTimeoutMs });
      if (bin) stack.env.PATH = [bin, stack.env.PATH].join(delimiter);
      for (const command of commands.slice(commands.indexOf("pulumi stack init dev") + 1)) {
        const { code, output } = await stack.cmd(...command.replace(serverOfReadme, server.url).split(" ").slice(1));
        assert.equal(code, 0, `${command}\n${output}`);
        assert.doesNotMatch(output, /warning/, command);
        if (command.startsWith("pulumi up")) {
          assert.match(String((await stack.outputs()).fineTunedModel), /^ft:open-mistral-7b:support-bo-/);
        }
      }
      assert.equal((await countJobs()) - jobsBefore, 1);
    }

    async function countJobs(): Promise<number> {
      return (await new MistralClient({ baseUrl: server.url }).jobs.list()).total ?? 0;
    }
  },
  ["yaml", "python", "go"],
);

/** Unpacks an npm package, as `npm install` does; its dependencies are those of the repository. */
async function installPacked(tarball: string, into: string): Promise<void> {
  await mkdir(into, { recursive: true });
  await execa("tar", ["-xzf", tarball, "-C", into, "--strip-components", "1"]);
}

/** The lines of a README that start with `$ `. */
async function readmeCommands(folder: string): Promise<string[]> {
  const text = await readFile(join(folder, "README.md"), "utf8");
  return [...text.matchAll(/^\$ (.*)$/gm)].map(([, command]) => command as string);
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
