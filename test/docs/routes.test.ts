import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pageFolder } from "../server/pageFolder";
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
  const http = join(root, "server/src/http");
  const read = (file: string) => readFileSync(join(http, file), "utf8");
  const api = readdirSync(join(http, "routes")).map((file) => read(`routes/${file}`));
  const page = ["page/pageRoutes.ts", "access/sessionRoutes.ts"].map(read);
  const found = [
    ...api.join("\n").matchAll(/"(\/(?:v1|healthz|readyz|metrics)[\w/:]*)"/g),
    ...page.join("\n").matchAll(/"(\/[\w/:]*)"/g),
  ];
  return [...new Set(found.map(([, path = ""]) => path.replace(/:\w+/g, "{id}")))];
}

describe("the documented routes of the server", () => {
  const api = withServer({ pageDir: pageFolder() });

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
