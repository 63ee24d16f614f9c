import { delimiter, dirname } from "node:path";
import { type LocalProject, stack, withLocalProject } from "./localProject";
import { ExplainedError, runMain } from "./main";

runMain(() =>
  withLocalProject(async (project) => {
    if (project.embeddedServer)
      console.log(`The embedded server listens on ${project.baseUrl} until this command ends.\n`);
    else console.log(`Using the server from MISTRAL_BASE_URL: ${project.baseUrl}\n`);

    if ((await project.pulumi("up", "--yes", "--skip-preview")) !== 0) {
      throw new ExplainedError("`pulumi up` failed, see the reason above. Run `npm start` again to resume.");
    }
    console.log(summary(project, JSON.parse(await project.runCaptured("stack", "output", "--json"))));
  }),
);

function summary({ cli, settings, embeddedServer }: LocalProject, outputs: Record<string, unknown>): string {
  const lines = [`Fine-tuned model: ${outputs.fineTunedModel}`];
  if (outputs.simulated === true) {
    lines.push("The training was simulated: all figures are made up, and no model exists under this ID.");
  }
  lines.push(
    "",
    "To run Pulumi yourself, set MISTRAL_BASE_URL to a server (and MISTRAL_API_KEY if the server needs a key):",
  );
  for (const [name, value] of Object.entries(settings)) lines.push(`  export ${name}=${shellQuote(value)}`);
  const folder = dirname(cli.binary);
  if (!process.env.PATH?.split(delimiter).includes(folder)) lines.push(`  export PATH=${shellQuote(folder)}:$PATH`);
  lines.push(`  pulumi up --stack ${stack}`, "", "To clean up:", "  npm run destroy");
  if (embeddedServer) {
    lines.push(
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
