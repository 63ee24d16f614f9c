/**
 * Posts `comment.md` on the pull or merge request, or updates the comment of the last run.
 *
 * Has no dependencies: its job has a token that can write to pull requests, so the job installs nothing.
 */
import { readFile } from "node:fs/promises";

/** Marks the comment, to find it again. */
const MARK = "<!-- training-review -->";
const { env } = process;

const body = `${MARK}\n${await readFile("comment.md", "utf8")}`;
await (env.GITLAB_CI ? postToGitLab() : postToGitHub());

async function postToGitHub() {
  const { GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_TOKEN, HEAD, HEAD_SHA } = env;
  const repository = `${GITHUB_API_URL}/repos/${GITHUB_REPOSITORY}`;
  const call = client({ authorization: `Bearer ${GITHUB_TOKEN}` });
  // The number is not taken from the run of the pull request: its code is not trusted.
  const pulls = await call("GET", `${repository}/pulls?state=open&head=${encodeURIComponent(HEAD)}`);
  // A later commit has its own run.
  for (const { number } of pulls.filter(({ head }) => head.sha === HEAD_SHA)) {
    const comments = `${repository}/issues/${number}/comments`;
    const earlier = await find(call, comments, ({ user }) => user?.login === "github-actions[bot]");
    if (earlier) await call("PATCH", `${repository}/issues/comments/${earlier.id}`, { body });
    else await call("POST", comments, { body });
  }
}

async function postToGitLab() {
  const { CI_API_V4_URL, CI_MERGE_REQUEST_PROJECT_ID, CI_MERGE_REQUEST_IID, GITLAB_TOKEN } = env;
  if (!GITLAB_TOKEN) {
    console.log("There is no GITLAB_TOKEN, so no comment is posted. The review is the artifact comment.md.");
    return;
  }
  const call = client({ "private-token": GITLAB_TOKEN });
  const me = await call("GET", `${CI_API_V4_URL}/user`);
  const notes = `${CI_API_V4_URL}/projects/${CI_MERGE_REQUEST_PROJECT_ID}/merge_requests/${CI_MERGE_REQUEST_IID}/notes`;
  const earlier = await find(call, notes, ({ author }) => author.id === me.id);
  if (earlier) await call("PUT", `${notes}/${earlier.id}`, { body });
  else await call("POST", notes, { body });
}

/** Returns the comment of an earlier run. */
async function find(call, list, isOwn) {
  for (let page = 1; ; page++) {
    const comments = await call("GET", `${list}?per_page=100&page=${page}`);
    const found = comments.find((comment) => isOwn(comment) && comment.body.startsWith(MARK));
    if (found || comments.length < 100) return found;
  }
}

function client(headers) {
  return async (method, url, content) => {
    const request = { method, headers: { ...headers, "content-type": "application/json" } };
    const response = await fetch(url, content ? { ...request, body: JSON.stringify(content) } : request);
    if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
    return response.json();
  };
}
