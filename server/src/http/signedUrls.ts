import { createHmac, timingSafeEqual } from "node:crypto";

/** Signs paths of this server, so that whoever has the URL can use it without a key until it expires. */
export class UrlSigner {
  readonly #key: Buffer;

  constructor(key: Buffer) {
    this.#key = key;
  }

  /** @param expires Unix seconds */
  sign(path: string, expires: number): string {
    return `${path}?expires=${expires}&signature=${this.#signature(path, String(expires)).toString("base64url")}`;
  }

  verifies(path: string, expires: string, signature: string): boolean {
    const given = Buffer.from(signature, "base64url");
    const expected = this.#signature(path, expires);
    return given.length === expected.length && timingSafeEqual(given, expected) && Number(expires) * 1000 > Date.now();
  }

  #signature(path: string, expires: string): Buffer {
    return createHmac("sha256", this.#key).update(`${path}\n${expires}`).digest();
  }
}
