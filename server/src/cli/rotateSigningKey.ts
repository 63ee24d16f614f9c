import { existsSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../domain/errors";
import { MAX_EXPIRY_HOURS } from "../http/signedUrls";
import type { ServerOptions } from "../index";
import { needsUpgrade, openDatabase } from "../store/database";
import { tryLock } from "../store/lock";
import { SigningKeys } from "../store/signingKeys";

/**
 * `mistral-fine-tuning-server rotate-signing-key`: replaces the key that signs URLs, and revokes all earlier keys. A running
 * server reads the keys for every signed URL, so it needs no restart.
 *
 * @throws {UsageError} when the data folder contains no data, or a server of an earlier release uses the folder
 */
export async function rotateSigningKey(
  { dataDir }: Pick<ServerOptions, "dataDir">,
  print: (line: string) => void,
): Promise<void> {
  const path = join(dataDir, "server.db");
  if (!existsSync(path)) {
    throw new UsageError(`${dataDir} contains no data of a server; check --data`);
  }
  const unlock = needsUpgrade(path) ? lockForUpgrade(dataDir) : () => {};
  try {
    const database = openDatabase(path);
    try {
      await new SigningKeys(database, MAX_EXPIRY_HOURS * 3_600_000).revokeAll();
    } finally {
      database.close();
    }
  } finally {
    unlock();
  }
  print(`Replaced the signing key in ${dataDir}. All signed URLs that were created before are invalid.`);
}

function lockForUpgrade(dataDir: string): () => void {
  const unlock = tryLock(join(dataDir, "lock"));
  if (unlock === undefined) {
    throw new UsageError(
      `${dataDir} is in use by a server of an earlier release; restart the server with this release first`,
    );
  }
  return unlock;
}
