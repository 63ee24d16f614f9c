import * as fc from "fast-check";
import { withServer } from "../server/support";
import { assertForAll, assertRejectedAt, not } from "./properties";

const integer = not(/^-?\d{1,15}$/);
const boolean = not(/^(true|false|0|1)$/i);
const date = not(/^\d{4}-/);
const word = not(/^[a-z_-]+$/i);

/** Invalid values for each typed query parameter. */
const QUERIES: Record<string, Record<string, fc.Arbitrary<string>>> = {
  "GET /v1/fine_tuning/jobs": {
    page: integer,
    page_size: fc.oneof(integer, fc.constantFrom("0", "-1", "101")),
    created_after: date,
    created_before: date,
    created_by_me: boolean,
    status: word,
  },
  "GET /v1/files": {
    page: integer,
    page_size: integer,
    include_total: boolean,
    sample_type: word,
    source: word,
    purpose: word,
  },
  "GET /v1/files/{id}/url": { expiry: fc.oneof(integer, fc.constantFrom("0", "169")) },
  "POST /v1/fine_tuning/jobs": { dry_run: boolean },
};

describe("server: invalid query parameters are rejected with the name of the parameter", function () {
  this.timeout(120_000);
  const api = withServer();
  let file_id: string;

  before(async () => {
    file_id = await api.fileId();
  });

  for (const [route, parameters] of Object.entries(QUERIES)) {
    for (const [name, values] of Object.entries(parameters)) {
      it(`${name} in the query of ${route}`, () =>
        assertForAll(values, async (value) => {
          const [method, path] = route.replace("{id}", file_id).split(" ") as [string, string];
          const query = new URLSearchParams([[name, value]]);
          assertRejectedAt(
            await api.call(
              method,
              `${path}?${query}`,
              method === "POST" ? { model: "m", training_files: [file_id] } : undefined,
            ),
            `query.${name}`,
          );
        }));
    }
  }
});
