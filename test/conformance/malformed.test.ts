import * as fc from "fast-check";
import { samples, withServer } from "../server/support";
import { assertAnswered, assertForAll, assertRejected, json, queries, text } from "./properties";

type Kind = "file" | "job" | "model";
type Route = [method: string, path: string, kind?: Kind | undefined, ...parameters: string[]];

const FILE_FILTERS = ["page", "page_size", "include_total", "sample_type", "source", "search", "purpose", "mimetypes"];
const JOB_FILTERS = ["page", "page_size", "model", "created_after", "created_before", "created_by_me"];
const MORE_JOB_FILTERS = ["status", "wandb_project", "wandb_name", "suffix"];

/** Every route, with the kind of its ID and its query parameters. Routes that delete come last, because the others need the objects. */
const ROUTES: Route[] = [
  ["POST", "/v1/files"],
  ["GET", "/v1/files", undefined, ...FILE_FILTERS],
  ["GET", "/v1/files/ID", "file"],
  ["GET", "/v1/files/ID/content", "file", "expires", "signature"],
  ["GET", "/v1/files/ID/url", "file", "expiry"],
  ["POST", "/v1/fine_tuning/jobs", undefined, "dry_run"],
  ["GET", "/v1/fine_tuning/jobs", undefined, ...JOB_FILTERS, ...MORE_JOB_FILTERS],
  ["GET", "/v1/fine_tuning/jobs/ID", "job"],
  ["POST", "/v1/fine_tuning/jobs/ID/start", "job"],
  ["POST", "/v1/fine_tuning/jobs/ID/cancel", "job"],
  ["PUT", "/v1/fine_tuning/holds/prod"],
  ["GET", "/v1/models"],
  ["GET", "/v1/models/ID", "model"],
  ["PATCH", "/v1/fine_tuning/models/ID", "model"],
  ["POST", "/v1/fine_tuning/models/ID/archive", "model"],
  ["DELETE", "/v1/fine_tuning/models/ID/archive", "model"],
  ["DELETE", "/v1/files/ID", "file"],
  ["DELETE", "/v1/models/ID", "model"],
];

const CONTENT_TYPES = [
  ...["application/json", "application/json; charset=utf-16", "text/plain", "multipart/form-data", "/", "\u00e9"],
  ...["multipart/form-data; boundary=b", "application/x-www-form-urlencoded", "application/octet-stream"],
];

describe("server: malformed requests never get a 5xx reply, and every rejection gives a reason", function () {
  this.timeout(120_000);
  const api = withServer();
  const ids = { file: "", job: "", model: "" };

  before(async () => {
    ids.file = await api.fileId(samples());
    ids.job = (await api.job({ auto_start: false })).id;
    ids.model = (await api.trained()).fine_tuned_model;
  });

  for (const [method, path, kind, ...parameters] of ROUTES) {
    const route = `${method} ${path.replace("ID", "{id}")}`;
    const here = () => path.replace("ID", kind ? ids[kind] : "");

    it(`random queries to ${route}`, () =>
      assertForAll(queries(parameters), async (query) => {
        assertAnswered(await api.send(`${here()}?${query}`, { method }));
      }));

    it(`unknown query parameters to ${route}`, () => {
      const names = text.filter((name) => !parameters.includes(name));
      return assertForAll(names, async (name) => {
        assertRejected(await api.send(`${here()}?${new URLSearchParams([[name, "1"]])}`, { method }));
      });
    });

    if (kind) {
      it(`random bytes as the ID in ${route}`, () =>
        assertForAll(fc.uint8Array({ minLength: 1, maxLength: 20 }), async (bytes) => {
          const id = [...bytes].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
          assertAnswered(await api.send(path.replace("ID", id), { method }));
        }));
    }

    if (method !== "GET") {
      it(`random bytes of various content types to ${route}`, () =>
        assertForAll(
          fc.tuple(fc.constantFrom(...CONTENT_TYPES), fc.oneof(fc.uint8Array(), text)),
          async ([type, body]) => {
            assertAnswered(await api.send(here(), { method, body, headers: { "content-type": type } }));
          },
        ));

      it(`random JSON to ${route}`, () =>
        assertForAll(json, async (body) => {
          assertAnswered(await api.call(method, here(), body));
        }));
    }
  }
});
