import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { json } from "node:stream/consumers";
import { execa } from "execa";

const script = resolve(__dirname, "../../examples/gitops/scripts/post.mjs");

/** A code host with a comment of somebody else that starts like a review. */
interface CodeHost {
  comments: { id: number; body: string; by: string }[];
  requests: string[];
}

describe("scripts/post.mjs of examples/gitops", () => {
  let folder: string;
  let server: Server;
  let url: string;
  let host: CodeHost;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "mistral-post-"));
    host = { comments: [{ id: 1, body: "<!-- training-review -->", by: "somebody" }], requests: [] };
    server = createServer(async (request, response) => {
      const { method = "", url = "", headers } = request;
      host.requests.push(`${method} ${url} ${headers.authorization ?? headers["private-token"]}`);
      const body = method === "GET" ? {} : ((await json(request)) as { body: string });
      response.end(JSON.stringify(answer(method, url, body)));
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
    await rm(folder, { recursive: true });
  });

  function answer(method: string, path: string, content: { body?: string }): unknown {
    if (path.startsWith("/user")) return { id: "bot" };
    if (path.startsWith("/repos/a/b/pulls?")) {
      return ["old", "head"].map((sha, index) => ({ number: 7 + index, head: { sha } }));
    }
    if (method === "GET") {
      const by = (name: string) => ({
        user: { login: name === "bot" ? "github-actions[bot]" : name },
        author: { id: name },
      });
      return host.comments.map((comment) => ({ ...comment, ...by(comment.by) }));
    }
    const body = content.body ?? "";
    if (method === "POST") host.comments.push({ id: 2, body, by: "bot" });
    const edited = host.comments.find(({ id }) => path.endsWith(`/${id}`));
    if (edited) edited.body = body;
    return {};
  }

  async function post(comment: string, env: Record<string, string>): Promise<string> {
    await writeFile(join(folder, "comment.md"), comment);
    const { all } = await execa("node", [script], { cwd: folder, env, extendEnv: false, all: true });
    return all;
  }

  const bodies = () => host.comments.map(({ body }) => body);
  const SOMEBODY = "<!-- training-review -->";

  it("creates one comment on GitHub, and updates it for the next commit", async () => {
    const env = {
      GITHUB_API_URL: url,
      GITHUB_REPOSITORY: "a/b",
      GITHUB_TOKEN: "t",
      HEAD: "fork:topic/1",
      HEAD_SHA: "head",
    };
    await post("first", env);
    assert.deepEqual(bodies(), [SOMEBODY, `${SOMEBODY}\nfirst`]);
    await post("second", env);
    assert.deepEqual(bodies(), [SOMEBODY, `${SOMEBODY}\nsecond`]);
    assert.deepEqual(host.requests.slice(0, 3), [
      "GET /repos/a/b/pulls?state=open&head=fork%3Atopic%2F1 Bearer t",
      "GET /repos/a/b/issues/8/comments?per_page=100&page=1 Bearer t",
      "POST /repos/a/b/issues/8/comments Bearer t",
    ]);
    assert.equal(host.requests.at(-1), "PATCH /repos/a/b/issues/comments/2 Bearer t");
  });

  const gitlab = () => ({
    GITLAB_CI: "true",
    CI_API_V4_URL: url,
    CI_MERGE_REQUEST_PROJECT_ID: "3",
    CI_MERGE_REQUEST_IID: "4",
  });

  it("creates one note on GitLab, and updates it for the next commit", async () => {
    const env = { ...gitlab(), GITLAB_TOKEN: "t" };
    await post("first", env);
    await post("second", env);
    assert.deepEqual(bodies(), [SOMEBODY, `${SOMEBODY}\nsecond`]);
    assert.equal(host.requests.at(-1), "PUT /projects/3/merge_requests/4/notes/2 t");
  });

  it("posts nothing on GitLab without a token, and says where the review is", async () => {
    assert.match(await post("first", gitlab()), /no GITLAB_TOKEN.*comment\.md/);
    assert.deepEqual(host.requests, []);
  });
});
