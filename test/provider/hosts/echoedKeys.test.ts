import assert from "node:assert/strict";
import { provider } from "../../../provider/src/hosts/dynamic/provider";
import { getFineTuningJob } from "../../../provider/src/resource/functions";
import { type Answer, type Received, ScriptedServer } from "../../support/scriptedServer";
import { FILE, MODEL } from "../client/fixtures";

const KEY = 'sk-Echoed/0123+456"789';
const json = (text: string) => [...text].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");

/** The forms in which a server may repeat the key. */
const FORMS: Record<string, string> = {
  plain: KEY,
  "in a header": `Bearer ${KEY}`,
  "split by a control character": `${KEY.slice(0, 9)}\u0007${KEY.slice(9)}`,
  "split by a bidirectional control": `${KEY.slice(0, 9)}\u202e${KEY.slice(9)}`,
  "as JSON escapes": json(KEY),
  "as a JSON string": JSON.stringify(KEY),
  base64: Buffer.from(KEY).toString("base64"),
  "base64 after a user name": Buffer.from(`user:${KEY}`).toString("base64"),
  "URL-encoded": encodeURIComponent(KEY),
  "URL-encoded completely": [...Buffer.from(KEY)].map((byte) => `%${byte.toString(16).toUpperCase()}`).join(""),
  hex: Buffer.from(KEY).toString("hex"),
  "upper-case hex": Buffer.from(KEY).toString("hex").toUpperCase(),
};

const ID = "job-1";
const inputs = {
  model: "open-mistral-7b",
  trainingFiles: [{ fileId: FILE.id }],
  hyperparameters: { trainingSteps: 1 },
  suffix: "s-1",
  modelName: "declared",
  __suffix: "auto",
  __identity: "i-1",
  __urn: "urn:pulumi:dev::p::t::n",
};

/** Returns a server that repeats a text everywhere in its jobs and models. */
const echoingJobs =
  (echo: string, status: string): Answer =>
  (request, response) => {
    const job = {
      id: ID,
      model: "open-mistral-7b",
      status,
      auto_start: true,
      suffix: "s-1",
      fine_tuned_model: "ft:m",
      artifact: { url: `https://example.com/?key=${echo}` },
      metadata: { cost: 1, cost_currency: echo },
      events: [{ name: `n ${echo}`, data: { reason: `r ${echo}`, [echo]: [{ deep: echo }] }, created_at: 1 }],
    };
    const reply = routes(request, { job, model: { ...MODEL, name: echo, description: echo } });
    response.writeHead(200, { "content-type": "application/json", "x-request-id": "r" }).end(JSON.stringify(reply));
  };

function routes({ method, path }: Received, { job, model }: { job: object; model: object }): unknown {
  if (path.startsWith("/v1/files/")) return FILE;
  if (path.startsWith("/v1/models/") || path.startsWith("/v1/fine_tuning/models/")) return model;
  return method === "GET" && path.endsWith("/jobs") ? { data: [] } : job;
}

/** Replies of a server that repeats a text in an error. Headers cannot contain control characters. */
const echoingErrors = (echo: string): Record<string, Answer> => {
  const line = echo.replace(/[^\x20-\x7e]/g, "");
  const body = { message: echo, type: echo, code: echo, param: echo, request_id: echo };
  return {
    "an error": { status: 400, json: body },
    "a missing job": { status: 404, json: { detail: echo } },
    "a list of problems": { status: 422, json: { detail: [{ loc: ["body", echo], msg: echo }] } },
    "x-request-id": { status: 400, headers: { "x-request-id": line }, json: { message: "no" } },
    "content-type": { status: 200, headers: { "content-type": `text/${line}` }, text: `<html>${echo}` },
    location: { status: 302, headers: { location: `https://example.com/${line}` }, text: "" },
  };
};

/** Returns all texts of a value, and the keys of its objects. */
function textsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  const own = value instanceof Error ? [value.message, value.stack ?? ""] : [];
  return [...own, ...Object.entries(value).flatMap(([key, each]) => [key, ...textsOf(each)])];
}

describe("a key that a server repeats", () => {
  let server: ScriptedServer;
  const config: Record<string, string | undefined> = {};
  const { log } = console;
  let logged: string[] = [];
  const environment = process.env.MISTRAL_API_KEY;

  before(async () => {
    server = await ScriptedServer.start();
    config["mistral:baseUrl"] = server.url;
    config["mistral:maxRetries"] = "0";
    await provider.configure({ config: { get: (key: string) => config[key] } as never });
  });
  beforeEach(() => {
    logged = [];
    console.log = (...texts: unknown[]) => void logged.push(texts.join(" "));
  });
  afterEach(() => {
    console.log = log;
  });
  after(async () => {
    if (environment === undefined) delete process.env.MISTRAL_API_KEY;
    else process.env.MISTRAL_API_KEY = environment;
    await server.stop();
  });

  const state = () => ({ ...inputs, jobId: ID, status: "RUNNING", baseUrl: server.url, fineTunedModel: "ft:m" });
  const operations: Record<string, () => Promise<unknown>> = {
    create: () => provider.create(inputs),
    update: () => provider.update(ID, state(), inputs),
    read: () => provider.read(ID, state()),
    delete: () => provider.delete(ID, { ...state(), trainingFileIds: [], validationFileIds: [] }),
    check: () => provider.check({}, inputs),
    getFineTuningJob: () => getFineTuningJob({ jobId: ID, connection: { baseUrl: server.url, apiKey: KEY } }),
  };

  const assertHidden = async (operation: () => Promise<unknown>, echo: string) => {
    const result = await operation().catch((error: unknown) => error);
    const texts = [...textsOf(result), ...logged];
    for (const text of texts) {
      const plain = text.replace(/[\p{Cc}\u202e]/gu, "");
      assert.ok(!text.includes(echo) && !plain.includes(KEY), text);
    }
    return texts.join("\n");
  };

  for (const source of ["config", "environment"]) {
    for (const [form, echo] of Object.entries(FORMS)) {
      it(`${form}, from the ${source}, is in no output, no state and no message`, async () => {
        config["mistral:apiKey"] = source === "config" ? KEY : undefined;
        process.env.MISTRAL_API_KEY = source === "environment" ? KEY : "another-key-of-the-environment";
        for (const [name, operation] of Object.entries(operations)) {
          for (const status of ["SUCCESS", "FAILED"]) {
            server.script(echoingJobs(echo, status));
            const texts = await assertHidden(operation, echo);
            if (name === "read") assert.match(texts, /\[secret\]/);
          }
          for (const answer of Object.values(echoingErrors(echo))) {
            // The job exists in all operations that poll; these would wait for a server that answers with anything else.
            if (name === "update" && !("status" in answer && Number(answer.status) >= 400)) continue;
            server.script(answer);
            await assertHidden(operation, echo);
          }
        }
      });
    }
  }
});
