import { createHmac, timingSafeEqual } from "node:crypto";

/** The longest validity of a signed URL, in hours, as on the hosted service. */
export const MAX_EXPIRY_HOURS = 168;

/** Signs paths of this server. A signed URL works without an API key until it expires. */
export class UrlSigner {
  constructor(private readonly key: Buffer) {}

  /** @param expires Unix time in seconds */
  sign(path: string, expires: number): string {
    return `${path}?expires=${expires}&signature=${this.signature(path, String(expires)).toString("base64url")}`;
  }

  /** Whether the signature is valid and has not expired, and the expiry is not later than a signed URL may have. */
  verifies(path: string, expires: string, signature: string): boolean {
    const actual = Buffer.from(signature, "base64url");
    const expected = this.signature(path, expires);
    const remainingHours = (Number(expires) - Date.now() / 1000) / 3600;
    return (
      actual.length === expected.length &&
      timingSafeEqual(actual, expected) &&
      remainingHours > 0 &&
      remainingHours <= MAX_EXPIRY_HOURS
    );
  }

  private signature(path: string, expires: string): Buffer {
    return createHmac("sha256", this.key).update(`${path}\n${expires}`).digest();
  }
}
