import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { withServer } from "../server/support";

const root = resolve(__dirname, "../..");

/** `GET /v1/models`, `GET`, `DELETE /v1/models/{id}` → the methods of each path in the table of routes. */
function documentedRoutes(): Record<string, string[]> {
  const markdown = readFileSync(join(root, "docs/reference/api.md"), "utf8");
  const [table = ""] = markdown.split("## Routes\n")[1]?.split("\n\nLists") ?? [];
  const routes: Record<string, string[]> = {};
  for (const [, cell = ""] of table.matchAll(/^\| (`.*?) \|/gm)) {
    let methods: string[] = [];
    for (const [, method = "", path] of cell.matchAll(/`([A-Z]+)(?: (\/[^`?[]*)[^`]*)?`/g)) {
      methods.push(method);
      if (path === undefined) continue;
      routes[path] = [...(routes[path] ?? []), ...methods].sort();
      methods = [];
    }
  }
  return routes;
}

/** The paths in the code of the routes, with `{id}` for a parameter. */
function paths(): string[] {
  const folder = join(root, "server/src/http/routes");
  const code = readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8"));
  const found = code.join("\n").matchAll(/"(\/(?:v1|healthz|readyz|metrics)[\w/:]*)"/g);
  return [...new Set([...found].map(([, path = ""]) => path.replace(/:\w+/g, "{id}")))];
}

describe("the documented routes of the server", () => {
  const api = withServer();

  it("are all routes, with all methods", async () => {
    const actual: Record<string, string[]> = {};
    for (const path of paths()) {
      const { status, headers } = await api.call("OPTIONS", path.replaceAll("{id}", "unknown"));
      assert.equal(status, 405, path);
      // Fastify answers HEAD on every GET route.
      actual[path] = (headers.get("allow") ?? "").split(", ").filter((method) => method !== "HEAD");
    }
    assert.deepEqual(documentedRoutes(), actual);
  });
});
