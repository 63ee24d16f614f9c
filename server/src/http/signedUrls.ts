import { createHmac, timingSafeEqual } from "node:crypto";

/** The longest validity of a signed URL, in hours, as on the hosted service. */
export const MAX_EXPIRY_HOURS = 168;

/** The keys of signatures, in bytes: see `SigningKeys`. */
export interface SignatureKeys {
  current(): Buffer;
  valid(): Buffer[];
}

/** Signs paths of this server. A signed URL works without an API key until it expires, also when its creator's key is revoked. */
export class UrlSigner {
  constructor(private readonly keys: SignatureKeys) {}

  /** @param expires Unix time in seconds */
  sign(path: string, expires: number): string {
    return `${path}?expires=${expires}&signature=${signatureOf(this.keys.current(), path, String(expires)).toString("base64url")}`;
  }

  /** Whether the signature is valid and has not expired, and the expiry is not later than a signed URL may have. */
  verifies(path: string, expires: string, signature: string): boolean {
    const actual = Buffer.from(signature, "base64url");
    const remainingHours = (Number(expires) - Date.now() / 1000) / 3600;
    return (
      remainingHours > 0 &&
      remainingHours <= MAX_EXPIRY_HOURS &&
      this.keys.valid().some((key) => {
        const expected = signatureOf(key, path, expires);
        return actual.length === expected.length && timingSafeEqual(actual, expected);
      })
    );
  }
}

function signatureOf(key: Buffer, path: string, expires: string): Buffer {
  return createHmac("sha256", key).update(`${path}\n${expires}`).digest();
}
