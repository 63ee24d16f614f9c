import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ServiceError, status } from "@grpc/grpc-js";
import { PluginAttach, type PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import * as pb from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { ProviderHost } from "../../support/providerHost/providerHost";
import { type Properties, structOf } from "../../support/providerHost/wire";
import { sample } from "../../support/samples";

const INPUTS = { model: "open-mistral-7b", trainingFiles: ["train.jsonl"], hyperparameters: { trainingSteps: 20 } };
const MEGABYTE = 1024 * 1024;

describe("the plugin and hostile requests", function () {
  this.timeout(60_000);
  let folder: string;
  let host: ProviderHost;

  const start = async () => ProviderHost.start("plugin", folder, { XDG_CACHE_HOME: folder });
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "hostile-"));
    await writeFile(join(folder, "train.jsonl"), sample("What?"));
    host = await start();
    // Nothing listens there, and no test creates a job.
    await host.configure({ baseUrl: "http://127.0.0.1:9" });
  });
  afterEach("the process still serves", async () => {
    assert.match((await host.send<PluginInfo>("getPluginInfo", new Empty())).getVersion(), /^\d+\.\d+\.\d+/);
  });
  after(async () => {
    await host.stop();
    await rm(folder, { recursive: true });
  });

  const errorOf = async (method: string, request: unknown, on = host): Promise<ServiceError> => {
    try {
      await on.send(method, request);
    } catch (error) {
      return error as ServiceError;
    }
    throw new Error(`${method} succeeded`);
  };
  const resourceRequests = () => ({
    check: new pb.CheckRequest(),
    diff: new pb.DiffRequest(),
    create: new pb.CreateRequest(),
    update: new pb.UpdateRequest(),
    read: new pb.ReadRequest(),
    delete: new pb.DeleteRequest(),
  });
  const checkOf = (news: Properties, name = "job") => {
    const request = new pb.CheckRequest();
    request.setUrn(host.urn(name));
    request.setNews(structOf(news));
    return request;
  };

  it("answers with an error when Configure never comes", async () => {
    const unconfigured = await start();
    try {
      for (const [method, request] of Object.entries({ ...resourceRequests(), invoke: new pb.InvokeRequest() })) {
        const { code, details } = await errorOf(method, request, unconfigured);
        assert.equal(code, status.FAILED_PRECONDITION, method);
        assert.equal(details, `${method} was called before Configure`);
      }
    } finally {
      await unconfigured.stop();
    }
  });

  it("names a missing URN and an unknown type", async () => {
    for (const [method, request] of Object.entries(resourceRequests())) {
      const missing = await errorOf(method, request);
      assert.equal(missing.code, status.INVALID_ARGUMENT, method);
      assert.match(missing.details, /no valid URN/);
      request.setUrn("urn:pulumi:dev::project::mistral:index:Other::name");
      const unknown = await errorOf(method, request);
      assert.equal(unknown.code, status.INVALID_ARGUMENT, method);
      assert.match(
        unknown.details,
        /unknown resource type "mistral:index:Other": this provider has mistral:index:FineTuningJob, mistral:index:ModelApproval$/,
      );
    }
  });

  it("says that an approval cannot be imported", async () => {
    const request = new pb.ReadRequest();
    request.setId("approval-0123456789abcdef");
    request.setUrn("urn:pulumi:dev::project::mistral:index:ModelApproval::prod");
    const { details } = await errorOf("read", request);
    assert.match(details, /^a ModelApproval cannot be imported: .* Declare it in the program, and run `pulumi up`/);
  });

  it("names an unknown function, and refuses methods that it does not have", async () => {
    const invoke = new pb.InvokeRequest();
    invoke.setTok("mistral:index:getSecrets");
    const unknown = await errorOf("invoke", invoke);
    assert.equal(unknown.code, status.INVALID_ARGUMENT);
    assert.match(unknown.details, /getFineTuningJob/);
    assert.equal((await errorOf("construct", new pb.ConstructRequest())).code, status.UNIMPLEMENTED);
    assert.equal((await errorOf("call", new pb.CallRequest())).code, status.UNIMPLEMENTED);
  });

  it("reports each missing and wrong input", async () => {
    const empty = await host.send<pb.CheckResponse>("check", checkOf({}));
    assert.match(
      empty
        .getFailuresList()
        .map((failure) => failure.getReason())
        .join(),
      /model: is required/,
    );
    const wrong = await host.send<pb.CheckResponse>("check", checkOf({ model: 1, trainingFiles: [null, {}, [[]]] }));
    assert.ok(wrong.getFailuresList().length >= 4);
  });

  it("serves 50 MB strings, and keeps messages short", async () => {
    const text = "x".repeat(50 * MEGABYTE);
    const valid = await host.send<pb.CheckResponse>("check", checkOf({ ...INPUTS, modelDescription: text }));
    assert.deepEqual(valid.getFailuresList(), []);
    // Most of the time is that of the protocol library, so the others are smaller.
    const name = "x".repeat(MEGABYTE);
    const invalid = await host.send<pb.CheckResponse>("check", checkOf({ ...INPUTS, [name]: 1 }));
    assert.ok(invalid.getFailuresList().every((failure) => failure.getReason().length < 10_000));
    const connection = { ...INPUTS, connection: { baseUrl: name } };
    assert.equal((await host.send<pb.CheckResponse>("check", checkOf(connection))).getFailuresList().length, 1);
  });

  it("serves deep nesting", async () => {
    let deep: unknown = 1;
    for (let level = 0; level < 1_000; level += 1) deep = [deep];
    const response = await host.send<pb.CheckResponse>("check", checkOf({ ...INPUTS, triggers: deep }));
    assert.deepEqual(response.getFailuresList(), []);
  });

  it("serves 1,000 checks at once, and a storm of Cancel", async () => {
    const checks = Array.from({ length: 1_000 }, (_, index) =>
      host.send<pb.CheckResponse>("check", checkOf(INPUTS, `job-${index}`)),
    );
    const cancels = Array.from({ length: 1_000 }, () => host.cancel());
    const responses = await Promise.all(checks);
    await Promise.all(cancels);
    assert.ok(responses.every((response) => response.getFailuresList().length === 0));
    const afterwards = await host.send<pb.CheckResponse>("check", checkOf(INPUTS));
    assert.deepEqual(afterwards.getFailuresList(), []);
  });

  it("ignores an engine that cannot be reached", async () => {
    const attach = new PluginAttach();
    attach.setAddress("no-such-host.invalid:1");
    await host.send("attach", attach);
    // The configuration of another engine does not count.
    assert.equal((await errorOf("check", checkOf(INPUTS))).code, status.FAILED_PRECONDITION);
    await host.configure({ baseUrl: "http://127.0.0.1:9" });
    await host.send("check", checkOf(INPUTS));
  });

  it("refuses to serve two providers of a program that is attached to it", async () => {
    const second = new pb.ConfigureRequest();
    second.setArgs(structOf({ baseUrl: "http://127.0.0.1:10" }));
    assert.equal((await errorOf("configure", second)).code, status.FAILED_PRECONDITION);
  });
});
