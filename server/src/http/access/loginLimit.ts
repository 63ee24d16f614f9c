import { isIPv6 } from "node:net";

/** Failures are counted over this time, in milliseconds. */
const WINDOW = 60_000;

/** The most failures within the window. */
const PER_ADDRESS = 10;
const OVERALL = 100;

/**
 * Limits failed logins: 10 per minute from one address, and 100 from all together. There is no reason to remember more than
 * these 100. The limit bounds the work and the log lines of a flood. It does not make short keys safe, because valid keys
 * must log in at any time.
 */
export class LoginLimit {
  /** Oldest first. */
  private failures: { network: string; at: number }[] = [];

  /** @param now returns milliseconds; never goes backwards */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Returns the seconds until the address may try again; 0 when it may try now. */
  delay(address: string): number {
    const now = this.now();
    this.failures = this.failures.filter(({ at }) => at > now - WINDOW);
    const network = networkOf(address);
    const ofNetwork = this.failures.filter((failure) => failure.network === network);
    const waits = [ofNetwork.at(-PER_ADDRESS), this.failures.at(-OVERALL)].map((failure) =>
      failure === undefined ? 0 : Math.ceil((failure.at + WINDOW - now) / 1000),
    );
    return Math.max(...waits);
  }

  fail(address: string): void {
    this.failures.push({ network: networkOf(address), at: this.now() });
  }
}

/** Returns the first 64 bits of an IPv6 address, because one machine has all addresses that begin with them. */
function networkOf(address: string): string {
  const [plain = ""] = address.split("%");
  if (!isIPv6(plain) || plain.includes(".")) return plain;
  const [head = [], tail] = plain.split("::").map((part) => part.split(":").filter((group) => group !== ""));
  const zeros = tail === undefined ? 0 : 8 - head.length - tail.length;
  return [...head, ...Array(zeros).fill("0"), ...(tail ?? [])].slice(0, 4).join(":");
}
