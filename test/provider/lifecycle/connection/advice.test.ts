import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { MistralClient, TrainingRetiredError } from "../../../../provider/src/client";
import { pulumiErrorText, withPulumiAdvice } from "../../../../provider/src/lifecycle/connection/advice";
import { type Answer, ScriptedServer, silence } from "../../../support/scriptedServer";

const clientFolder = resolve(__dirname, "../../../../provider/src/client");

describe("the client's errors under Pulumi", () => {
  let server: ScriptedServer;
  before(async () => {
    server = await ScriptedServer.start();
  });
  after(() => server.stop());

  const failureOf = async (call: (client: MistralClient) => Promise<unknown>, answer?: Answer): Promise<Error> => {
    if (answer) server.script(answer);
    const client = new MistralClient({ baseUrl: server.url, maxRetries: 0 });
    const error = await withPulumiAdvice(() => call(client)).then(
      () => assert.fail("it succeeded"),
      (error) => error as Error,
    );
    assert.equal(pulumiErrorText(error), error.message);
    assert.ok(error.stack?.startsWith(`${error.name}: ${error.message}`));
    return error;
  };

  it("a 401 names the settings for a key", async () => {
    const error = await failureOf((client) => client.jobs.get("a"), { status: 401, json: { message: "no" } });
    assert.match(
      error.message,
      /: 401 Unauthorized: no\. .*Set a valid key as connection\.apiKey, mistral:apiKey or MISTRAL_API_KEY\.$/,
    );
  });

  it("a 410 on job creation explains how to train on another server", async () => {
    const error = await failureOf((client) => client.jobs.create({ model: "m" }), {
      status: 410,
      json: { detail: "Gone" },
    });
    assert.ok(error instanceof TrainingRetiredError);
    assert.match(error.message, /hosted service ended training in 2026/);
    assert.match(error.message, /"mistral:baseUrl" \(or MISTRAL_BASE_URL\).*"npx mistral-fine-tuning-server"/);
  });

  it("a timeout names the config key, and keeps the warning about a second job", async () => {
    const error = await failureOf((client) => client.jobs.create({ model: "m" }, { timeoutMs: 100 }), silence);
    assert.match(
      error.message,
      /no progress for 0\.1 s\. .*\(mistral:requestTimeout, in seconds\)\. The request was not retried, /,
    );
  });

  it("a missing key names the resource's input, the config and the environment", async () => {
    const error = await failureOf(() => new MistralClient({}).jobs.get("a"));
    assert.match(error.message, /https:\/\/api\.mistral\.ai.*connection\.apiKey.*mistral:apiKey.*MISTRAL_API_KEY/);
  });

  it("a base URL with a password names the settings for a key, and not the password", () => {
    assert.throws(
      () => new MistralClient({ baseUrl: "https://me:hidden@api.test" }),
      (error) => {
        assert.equal(
          pulumiErrorText(error),
          "The base URL for api.test contains a user name or a password. Remove them from the URL, and set the API key as connection.apiKey, mistral:apiKey or MISTRAL_API_KEY.",
        );
        return true;
      },
    );
  });

  it("other errors keep their text", () => {
    assert.equal(pulumiErrorText(new RangeError("too far")), "too far");
    assert.equal(pulumiErrorText("text"), "text");
  });

  it("come from a client that does not mention Pulumi", () => {
    const files = readdirSync(clientFolder, { recursive: true, encoding: "utf8" }).filter((file) =>
      file.endsWith(".ts"),
    );
    assert.ok(files.length > 20);
    for (const file of files) {
      const text = readFileSync(join(clientFolder, file), "utf8");
      assert.doesNotMatch(
        text,
        /mistral:(apiKey|baseUrl|requestTimeout)|connection\.apiKey|MISTRAL_BASE_URL|stack's config|pulumi (up|config)/,
        file,
      );
    }
  });
});
