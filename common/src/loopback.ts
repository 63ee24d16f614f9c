import { BlockList, isIP } from "node:net";

// A BlockList also matches an IPv4 address that is written as IPv6, such as ::ffff:127.0.0.1.
const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/**
 * Whether a host name or address always means this machine, so that requests to it never leave the machine.
 *
 * @param host as in a URL or a `Host` header, without the port; an IPv6 address with or without brackets
 * @example
 * isLoopbackHost("127.0.0.1"); // true
 * isLoopbackHost("[::1]"); // true
 * isLoopbackHost("localhost.example.com"); // false
 */
export function isLoopbackHost(host: string): boolean {
  const name = host.toLowerCase();
  const address = name.replace(/^\[(.*)\]$/, "$1");
  const version = isIP(address);
  if (version !== 0) return loopback.check(address, version === 4 ? "ipv4" : "ipv6");
  // RFC 6761 reserves `localhost` and every name below it for the loopback address.
  return name === "localhost" || name.endsWith(".localhost");
}
