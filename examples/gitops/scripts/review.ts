/**
 * Writes the review of a pull request to `comment.md`. Fails if `pulumi up` would fail after the merge.
 *
 *   npm run review -- BASE    (the commit that the pull request is compared with)
 */
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { readTrainings } from "../trainings";
import { changesSince } from "./changes";
import { type Access, commentText } from "./comment";
import { type Preview, runPreview } from "./preview";

const root = resolve(__dirname, "..");

async function review(base: string): Promise<void> {
  const access: Access = {
    stack: Boolean(process.env.PULUMI_BACKEND_URL),
    server: Boolean(process.env.MISTRAL_API_KEY),
  };
  const { problems } = readTrainings(root);
  const changes = await changesSince(base, root);
  const preview: Preview = problems.length > 0 ? { effects: [], problems } : await runPreview(root, access.stack);
  const comment = commentText(changes, preview, access);
  await writeFile(resolve(root, "comment.md"), comment);
  console.log(comment);
  process.exitCode = preview.problems.length > 0 ? 1 : 0;
}

const [base] = process.argv.slice(2);
if (base) void review(base);
else {
  console.error("Usage: npm run review -- BASE");
  process.exitCode = 2;
}
