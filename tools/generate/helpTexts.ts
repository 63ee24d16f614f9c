import envPaths from "env-paths";
import { HELP as providerHelp } from "../../provider/src/cli/help";
import { HELP as serverHelp } from "../../server/src/cli/options";

const block = (text: string) => `\`\`\`text\n${text}\n\`\`\``;

/** The output of `--help` of each command, without the paths of this machine. */
export const helpTexts = {
  providerHelp: block(providerHelp),
  serverHelp: block(
    serverHelp.replace(
      envPaths("mistral-fine-tuning-server", { suffix: "" }).data,
      "~/.local/share/mistral-fine-tuning-server",
    ),
  ),
};
