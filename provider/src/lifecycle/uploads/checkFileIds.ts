import { type File, type MistralClient, NotFoundError, UnprocessableEntityError } from "../../client";
import { InputProblem } from "../../inputs/problem";
import type { Inputs } from "../../schema/inputs";

/**
 * Checks every declared `fileId` before anything is uploaded. The API would report an invalid ID only after the upload of the
 * other files.
 *
 * @throws InputProblem naming each file that does not exist or has another purpose
 */
export async function checkFileIds(client: MistralClient, inputs: Inputs, signal: AbortSignal): Promise<void> {
  const problems: string[] = [];
  for (const name of ["trainingFiles", "validationFiles"] as const) {
    for (const [index, { fileId }] of (inputs[name] ?? []).entries()) {
      if (fileId === undefined) continue;
      const reason = problemWith(await getFile(client, fileId, signal));
      if (reason) problems.push(`${name}[${index}].fileId: ${fileId} on ${client.baseUrl}: ${reason}`);
    }
  }
  if (problems.length > 0) throw new InputProblem("", problems.join("\n"));
}

async function getFile(client: MistralClient, fileId: string, signal: AbortSignal): Promise<File | undefined> {
  try {
    return await client.files.get(fileId, { signal });
  } catch (error) {
    // The hosted API answers 422 to an ID in an unknown format.
    if (error instanceof NotFoundError || error instanceof UnprocessableEntityError) return undefined;
    throw error;
  }
}

function problemWith(file: File | undefined): string | undefined {
  if (!file || file.deleted) return "no such file: it was deleted, or belongs to another organization or server";
  const { purpose = "fine-tune" } = file;
  return purpose === "fine-tune" ? undefined : `expected a file with the purpose "fine-tune", got "${purpose}"`;
}
