import { existsSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../domain/errors";
import { MAX_EXPIRY_HOURS } from "../http/signedUrls";
import type { ServerOptions } from "../index";
import { openDatabase } from "../store/database";
import { SigningKeys } from "../store/signingKeys";

/**
 * `mistral-fine-tuning-server rotate-signing-key`: replaces the key that signs URLs, and revokes all earlier keys. A running
 * server reads the keys for every signed URL, so it needs no restart.
 *
 * @throws {UsageError} when the data folder contains no data
 */
export async function rotateSigningKey(
  { dataDir }: Pick<ServerOptions, "dataDir">,
  print: (line: string) => void,
): Promise<void> {
  const path = join(dataDir, "server.db");
  if (!existsSync(path)) {
    throw new UsageError(`${dataDir} contains no data of a server; check --data`);
  }
  const database = openDatabase(path);
  try {
    await new SigningKeys(database, MAX_EXPIRY_HOURS * 3_600_000).revokeAll();
  } finally {
    database.close();
  }
  print(`Replaced the signing key in ${dataDir}. All signed URLs that were created before are invalid.`);
}
