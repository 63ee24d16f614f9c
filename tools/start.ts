import { delimiter, dirname } from "node:path";
import { visibleText } from "../common/src/visibleText";
import { finishedJobs } from "./finishedJobs";
import { type LocalProject, stack, withLocalProject } from "./localProject";
import { ExplainedError, runMain } from "./main";
import { untilStopped } from "./signals";

/** Milliseconds. Without the page, `npm start` goes on. */
const CAPABILITIES_TIMEOUT_MS = 5000;

runMain(async () => {
  const [keep, ...others] = process.argv.slice(2);
  if ((keep !== undefined && keep !== "--keep") || others.length > 0) {
    throw new ExplainedError("Usage: npm start [-- --keep]. `--keep` leaves the server running until Ctrl-C.");
  }
  if (keep && process.env.MISTRAL_BASE_URL) {
    throw new ExplainedError("`--keep` creates jobs on the embedded server. Unset MISTRAL_BASE_URL to use it.");
  }
  await withLocalProject(async (project) => {
    const pageUrl = await findPage(project.baseUrl);
    if (project.embeddedServer) {
      console.log(`The embedded server listens on ${project.baseUrl} until this command ends.`);
    } else console.log(`Using the server from MISTRAL_BASE_URL: ${project.baseUrl}`);
    console.log(pageUrl === undefined ? "" : `Watch the job in a browser: ${pageUrl}\n`);

    if ((await project.pulumi("up", "--yes", "--skip-preview")) !== 0) {
      throw new ExplainedError("`pulumi up` failed, see the reason above. Run `npm start` again to resume.");
    }
    console.log(summary(project, JSON.parse(await project.runCaptured("stack", "output", "--json")), keep));
    if (keep) await lookAround(project.baseUrl, pageUrl);
  });
});

/** Resolves when the user has stopped the command. */
async function lookAround(baseUrl: string, pageUrl: string | undefined): Promise<void> {
  const stopped = untilStopped();
  console.log("\nTraining three more jobs to compare, with other hyperparameters.");
  const ids = await Promise.race([finishedJobs(baseUrl), stopped]);
  if (ids === undefined) return;
  if (pageUrl !== undefined) {
    console.log(`\nAll jobs:   ${pageUrl}\nComparison: ${pageUrl}/compare?jobs=${ids.join()}`);
  }
  console.log(`\nThe server keeps running on ${baseUrl}. Press Ctrl-C to stop it.`);
  await stopped;
}

/** Returns the URL of the server's page. Undefined when the server has none. */
async function findPage(baseUrl: string): Promise<string | undefined> {
  const key = process.env.MISTRAL_API_KEY;
  const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
  try {
    // A gateway may serve the server under a path. `/v1` may be part of the base URL.
    const base = `${baseUrl.trim().replace(/\/+(v1\/*)?$/, "")}/`;
    const signal = AbortSignal.timeout(CAPABILITIES_TIMEOUT_MS);
    const reply = await fetch(new URL("v1/fine_tuning/capabilities", base), { headers, signal });
    const { dashboard_url: url } = (await reply.json()) as { dashboard_url?: unknown };
    return typeof url === "string" && /^https?:\/\/[^\s@]+$/.test(url) ? visibleText(url) : undefined;
  } catch {
    // `pulumi up` reports what is wrong with the server.
    return undefined;
  }
}

function summary(
  { cli, settings, embeddedServer, baseUrl }: LocalProject,
  outputs: Record<string, unknown>,
  keep: string | undefined,
): string {
  const lines = [`Fine-tuned model: ${outputs.fineTunedModel}`];
  if (outputs.simulated === true) {
    lines.push("The training was simulated: all figures are made up, and no model exists under this ID.");
  }
  lines.push(
    "",
    "To run Pulumi yourself, set MISTRAL_BASE_URL to a server (and MISTRAL_API_KEY if the server needs a key):",
  );
  const variables = { ...settings, ...(keep && { MISTRAL_BASE_URL: baseUrl }) };
  for (const [name, value] of Object.entries(variables)) lines.push(`  export ${name}=${shellQuote(value)}`);
  const folder = dirname(cli.binary);
  if (!process.env.PATH?.split(delimiter).includes(folder)) lines.push(`  export PATH=${shellQuote(folder)}:$PATH`);
  lines.push(`  pulumi up --stack ${stack}`, "", "To clean up:", "  npm run destroy");
  if (embeddedServer && !keep) {
    lines.push(
      "",
      "To look around on the server's page, with three finished jobs to compare:",
      "  npm start -- --keep",
      "",
      "To use a server that keeps running:",
      "  npx mistral-fine-tuning-server --port 8080",
      "  MISTRAL_BASE_URL=http://127.0.0.1:8080 npm start",
    );
  }
  return lines.join("\n");
}

function shellQuote(value: string): string {
  return /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}
