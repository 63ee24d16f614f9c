import assert from "node:assert/strict";
import { chmod, mkdir, symlink } from "node:fs/promises";
import { createServer as createTlsServer } from "node:https";
import { relative } from "node:path";
import { UNKNOWN } from "../../../provider/src/inputs/unknowns";
import { check, type RawInputs } from "../../../provider/src/lifecycle/check";
import { create } from "../../../provider/src/lifecycle/create";
import { certificateFor } from "../../support/certificate";
import { TestHost, urnOf } from "../../support/host";
import { LifecycleHarness } from "../../support/lifecycle";
import { sample } from "../../support/samples";
import { ScriptedServer } from "../../support/scriptedServer";
import { badInputs, SECRET } from "./badInputs";

describe("invalid input", () => {
  let harness: LifecycleHarness;
  let train: string;

  before(async () => {
    harness = await LifecycleHarness.create();
    train = await harness.file("train.jsonl", sample("What?"));
    await harness.file("copy.jsonl", sample("What?"));
    await harness.file("empty.jsonl", "");
    await harness.file("half.jsonl", `${sample("What?")}{"messages":[]}\n`);
    await harness.file("train.csv", "question,answer\nWhat?,That.\n");
    await harness.file("array.json", JSON.stringify([{ messages: [] }]));
    await symlink("loop.jsonl", `${harness.folder}/loop.jsonl`);
  });
  after(() => harness.end());

  /** Replaces the placeholders of `badInputs` in a text, or in the inputs. */
  const filled = <T>(template: T): T => {
    const names: Record<string, string> = {
      folder: harness.folder,
      relative: relative(process.cwd(), harness.folder),
      train,
      url: harness.url,
    };
    const fill = (value: unknown): unknown => {
      if (typeof value === "string") return value.replace(/\{(\w+)\}/g, (_, name) => names[name] as string);
      if (Array.isArray(value)) return value.map(fill);
      if (typeof value !== "object" || value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item)]));
    };
    return fill(template) as T;
  };

  const checked = (declared: RawInputs, host: TestHost = harness.host()) =>
    check(
      {},
      {
        model: "open-mistral-7b",
        trainingFiles: [train],
        hyperparameters: { trainingSteps: 10 },
        __urn: urnOf("bad"),
        ...filled(declared),
      },
      host,
    );
  const nothingIsCreated = async () => {
    assert.deepEqual(await harness.jobs(), []);
    assert.deepEqual(await harness.files(), []);
  };

  describe("fails the preview with one line per problem", () => {
    for (const [what, declared, line] of badInputs) {
      it(`${what}: ${line}`, async () => {
        const host = harness.host();
        assert.deepEqual((await checked(declared, host)).problems, [filled(line)]);
        assert.deepEqual(host.logged, []);
        assert.ok(!line.includes(SECRET));
      });
    }

    it("reports several problems together", async () => {
      const { problems } = await checked({ model: 5, sufix: "x", hyperparameters: { epochs: "1", foo: 1, seqlen: 2 } });
      assert.deepEqual(problems, [
        "hyperparameters.foo: unknown input",
        "hyperparameters.seqlen: unknown input; did you mean seqLen?",
        "sufix: unknown input; did you mean suffix?",
        "model: expected a string, got a number",
        "hyperparameters.epochs: expected a number, got a string",
      ]);
    });

    it("reports a file without read permission", async () => {
      const folder = `${harness.folder}/locked`;
      await mkdir(folder);
      await chmod(await harness.file("locked/train.jsonl", sample("What?")), 0);
      await chmod(folder, 0);
      // Root can read every file, so switch to the user nobody.
      const isRoot = process.geteuid?.() === 0;
      if (isRoot) process.seteuid?.(65534);
      try {
        const { problems } = await checked({ trainingFiles: [`${folder}/train.jsonl`] });
        assert.deepEqual(problems, [`trainingFiles[0]: ${folder}/train.jsonl: permission denied`]);
      } finally {
        if (isRoot) process.seteuid?.(0);
        await chmod(folder, 0o700);
      }
    });

    for (const [key, value, line] of [
      [
        "baseUrl",
        "ftp://x",
        "mistral:baseUrl: The base URL is not an http or https URL. Set a URL such as https://api.mistral.ai or http://127.0.0.1:8080.",
      ],
      ["maxRetries", "often", "mistral:maxRetries: expected a number, got NaN"],
      [
        "requestTimeout",
        "-1",
        "mistral:requestTimeout: expected a number that is more than 0, got a number out of range",
      ],
      [
        "requestTimeout",
        "9999999",
        "mistral:requestTimeout: The request timeout must be between 1 and 2147483647 ms, not 9999999000.",
      ],
    ] as const) {
      it(`reports a config value: ${line}`, async () => {
        const host = new TestHost({ baseUrl: harness.url, [key]: value });
        assert.deepEqual((await checked({}, host)).problems, [line]);
      });
    }

    it("accepts unknown values", async () => {
      const host = harness.host();
      const { problems } = await checked({ hyperparameters: UNKNOWN, connection: { baseUrl: UNKNOWN } }, host);
      assert.deepEqual(problems, []);
      assert.match(
        host.logged.map(({ message }) => message).join(),
        /^training data: (.|\n)*cost: unknown \(some inputs are still unknown\)/,
      );
    });

    it("only warns about invalid samples within the skip share", async () => {
      const host = harness.host();
      const declared = { trainingFiles: ["{folder}/half.jsonl"], invalidSampleSkipPercentage: 0.5 };
      assert.deepEqual((await checked(declared, host)).problems, []);
      assert.match(host.logged[0]?.message ?? "", /half\.jsonl:2: .*; 1 of 2 samples are invalid and will be skipped$/);
    });

    it("warns when neither steps nor epochs are set", async () => {
      const host = harness.host();
      assert.deepEqual((await checked({ hyperparameters: {} }, host)).problems, []);
      assert.deepEqual(host.logged.slice(0, 1), [
        {
          message:
            "neither hyperparameters.trainingSteps nor hyperparameters.epochs is set: the server chooses the number of steps, which determines the cost",
          importance: "warning",
        },
      ]);
    });

    it("creates nothing", nothingIsCreated);
  });

  describe("fails the creation of the job with one line", () => {
    const creating = async (declared: RawInputs, config: Record<string, string> = {}) => {
      const host = new TestHost({ baseUrl: harness.url, maxRetries: "0", ...config });
      const { inputs: known, problems } = await checked(declared, host);
      assert.deepEqual(problems, []);
      return create(known as never, host).then(
        () => assert.fail("did not fail"),
        (error: Error) => error.message,
      );
    };
    const listed = "GET /v1/fine_tuning/jobs on";
    const connecting = async (baseUrl: string, line: string) =>
      assert.equal(await creating({}, { baseUrl, apiKey: SECRET }), `${listed} ${baseUrl}: ${line}`);

    it("for file IDs that do not exist or have another purpose, before any upload", async () => {
      const { id } = await harness.client.files.upload({ name: "a", content: sample("A?") }, { purpose: "batch" });
      assert.equal(
        await creating({ trainingFiles: ["{train}", { fileId: "no-such" }], validationFiles: [{ fileId: id }] }),
        `trainingFiles[1].fileId: no-such on ${harness.url}: no such file: it was deleted, or belongs to another organization or server\n` +
          `validationFiles[0].fileId: ${id} on ${harness.url}: expected a file with the purpose "fine-tune", got "batch"`,
      );
      assert.equal((await harness.files()).length, 1);
      await harness.client.files.delete(id);
    });

    it("without a key", async () => {
      assert.equal(
        await creating({ connection: { baseUrl: "https://api.invalid" } }),
        'No API key is set for https://api.invalid. Set connection.apiKey on the resource, the stack\'s config ("pulumi config set --secret mistral:apiKey"), or the environment variable MISTRAL_API_KEY.',
      );
    });

    it("for an unknown host", async () => {
      const message = await creating({}, { baseUrl: "https://no-such-host.invalid", apiKey: SECRET });
      assert.equal(
        message.replace(/ENOTFOUND|EAI_AGAIN/, "CODE"),
        `${listed} https://no-such-host.invalid: the host name of no-such-host.invalid:443 could not be resolved (CODE). Check the host name for typos (mistral:baseUrl, MISTRAL_BASE_URL), and this machine's DNS and network.`,
      );
    });

    it("for a refused connection", async () => {
      const gone = await ScriptedServer.start();
      const host = `127.0.0.1:${gone.port}`;
      await gone.stop();
      await connecting(
        `http://${host}`,
        `${host} refused the connection (ECONNREFUSED). Check that the server is running and that the port is correct (mistral:baseUrl, MISTRAL_BASE_URL).`,
      );
    });

    it("for a certificate that is not trusted", async () => {
      const secure = await ScriptedServer.start(createTlsServer(await certificateFor("api.test")) as never);
      const host = `127.0.0.1:${secure.port}`;
      await connecting(
        `https://${host}`,
        `the certificate of ${host} is not trusted on this machine (DEPTH_ZERO_SELF_SIGNED_CERT). If a private certificate authority signed it, set NODE_EXTRA_CA_CERTS to the path of that authority's certificate.`,
      );
      await secure.stop();
    });

    describe("when the server answers with", () => {
      let server: ScriptedServer;
      before(async () => {
        server = await ScriptedServer.start();
      });
      after(() => server.stop());
      const CHECK = () =>
        `Check that ${server.url} is the address of the Mistral API or of a server that speaks it, and that no proxy answers instead.`;

      it("401", async () => {
        server.script({ status: 401, headers: { "x-request-id": "r-1" }, json: { message: `no: ${SECRET}` } });
        await connecting(
          server.url,
          "401 Unauthorized: no: [secret] (request id r-1). The API key is wrong, expired or for another server. Set a valid key as connection.apiKey, mistral:apiKey or MISTRAL_API_KEY.",
        );
      });

      it("a web page", async () => {
        server.script({ headers: { "content-type": "text/html" }, text: "<!DOCTYPE html>\n<title>Sign in</title>" });
        await connecting(
          server.url,
          `status 200 with text/html ("<!DOCTYPE html> <title>Sign in</title>") instead of the API's JSON. ${CHECK()}`,
        );
      });

      it("truncated JSON", async () => {
        server.script({ headers: { "content-type": "application/json" }, text: '{"data":[{"id":"1' });
        await connecting(
          server.url,
          `status 200 with truncated or invalid JSON ("{\\"data\\":[{\\"id\\":\\"1") instead of the API's JSON. ${CHECK()}`,
        );
      });
      afterEach(() => assert.ok(server.received.every(({ method }) => method === "GET")));
    });

    it("and nothing is created", nothingIsCreated);
  });
});
