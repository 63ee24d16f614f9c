import { createHmac, timingSafeEqual } from "node:crypto";

/** Signs paths of this server. A signed URL works without an API key until it expires. */
export class UrlSigner {
  constructor(private readonly key: Buffer) {}

  /** @param expires Unix time in seconds */
  sign(path: string, expires: number): string {
    return `${path}?expires=${expires}&signature=${this.signature(path, String(expires)).toString("base64url")}`;
  }

  /** Whether the signature is valid and has not expired. */
  verifies(path: string, expires: string, signature: string): boolean {
    const actual = Buffer.from(signature, "base64url");
    const expected = this.signature(path, expires);
    return (
      actual.length === expected.length && timingSafeEqual(actual, expected) && Number(expires) * 1000 > Date.now()
    );
  }

  private signature(path: string, expires: string): Buffer {
    return createHmac("sha256", this.key).update(`${path}\n${expires}`).digest();
  }
}
