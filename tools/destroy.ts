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
        "`pulumi destroy` failed, see the reason above. The state is kept. Run `npm run destroy` again, " +
          "or delete .pulumi-local and Pulumi.local.yaml to discard the state.",
      );
    }
  });
  await rm(localFolder, { recursive: true, force: true });
});
