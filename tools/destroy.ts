import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { localFolder, withLocalProject } from "./localProject";
import { ExplainedError, runMain } from "./main";

runMain(async () => {
  if (!existsSync(localFolder)) {
    console.log("There is nothing to clean up: `npm start` has not been run here.");
    return;
  }
  await withLocalProject(async ({ pulumi }) => {
    const code = await pulumi("destroy", "--yes", "--skip-preview", "--remove");
    if (code !== 0) {
      throw new ExplainedError(
        "`pulumi destroy` did not finish: its reason is above, and nothing was forgotten. Run `npm run destroy` again, " +
          "or delete .pulumi-local and Pulumi.local.yaml to give the state up.",
      );
    }
  });
  await rm(localFolder, { recursive: true, force: true });
});
