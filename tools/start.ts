import { delimiter, dirname } from "node:path";
import { type LocalProject, stack, withLocalProject } from "./localProject";
import { ExplainedError, runMain } from "./main";

runMain(() =>
  withLocalProject(async (project) => {
    if (project.embeddedServer) console.log(`The embedded server listens on ${project.baseUrl} while this runs.\n`);
    else console.log(`Using the server of MISTRAL_BASE_URL, ${project.baseUrl}.\n`);

    if ((await project.pulumi("up", "--yes", "--skip-preview")) !== 0) {
      throw new ExplainedError(
        "`pulumi up` did not finish: its reason is above. `npm start` goes on where it stopped.",
      );
    }
    console.log(summary(project, JSON.parse(await project.ask("stack", "output", "--json"))));
  }),
);

function summary({ cli, settings, embeddedServer }: LocalProject, outputs: Record<string, unknown>): string {
  const lines = [`Fine-tuned model: ${outputs.fineTunedModel}`];
  if (outputs.simulated === true) {
    lines.push("The training was simulated: every number is made up, and the model's ID stands for no model.");
  }
  lines.push("", "Again, by hand, with MISTRAL_BASE_URL set to a server (and MISTRAL_API_KEY, if it asks for one):");
  for (const [name, value] of Object.entries(settings)) lines.push(`  export ${name}=${shellQuote(value)}`);
  const folder = dirname(cli.binary);
  if (!process.env.PATH?.split(delimiter).includes(folder)) lines.push(`  export PATH=${shellQuote(folder)}:$PATH`);
  lines.push(`  pulumi up --stack ${stack}`, "", "Clean up:", "  npm run destroy");
  if (embeddedServer) {
    lines.push(
      "",
      "Then train on another server, such as one that stays:",
      "  npx mistral-fine-tuning-server --port 8080",
      "  MISTRAL_BASE_URL=http://127.0.0.1:8080 npm start",
    );
  }
  return lines.join("\n");
}

function shellQuote(value: string): string {
  return /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}
