import { FILE, JOB, JOB_ID, MODEL } from "../provider/client/fixtures";
import { ScriptedServer } from "./scriptedServer";

const CHECKPOINT = { metrics: { valid_loss: 1.1 }, step_number: 20, created_at: 1767225600 };

/**
 * A server that offers a page at `https://train.example.com/page` and notifies of missed approvals. It has one job, which starts to
 * run when it is created and has succeeded at the third look.
 */
export async function startPagesServer(): Promise<ScriptedServer> {
  const server = await ScriptedServer.start();
  let looks = 0;
  const job = () => {
    const status = ++looks > 2 ? "SUCCESS" : "RUNNING";
    const model = status === "SUCCESS" ? MODEL.id : null;
    return { ...JOB, auto_start: true, status, fine_tuned_model: model, checkpoints: [CHECKPOINT] };
  };
  server.script(({ method, path }, response) => {
    const reply = replyTo(method, path);
    response.writeHead(reply === undefined ? 404 : 200, {
      "content-type": "application/json",
      "x-workspace": "default",
    });
    response.end(JSON.stringify(reply ?? { message: "not found" }));
  });
  return server;

  function replyTo(method: string, path: string): object | undefined {
    if (path === "/v1/fine_tuning/capabilities") {
      return { dashboard_url: "https://train.example.com/page", features: { approval_misses: true } };
    }
    if (path.endsWith("/misses")) return { object: "fine_tuning.approval_miss" };
    if (path.startsWith("/v1/files/")) return FILE;
    if (path.startsWith("/v1/models/")) return MODEL;
    if (path === "/v1/fine_tuning/jobs" && method === "GET") return { data: [] };
    return path === "/v1/fine_tuning/jobs" || path === `/v1/fine_tuning/jobs/${JOB_ID}` ? job() : undefined;
  }
}
