import type { HttpProxy } from "../http/proxy";
import { inAttempts, MistralError, nameErrors, type RequestPlace } from "./errors";

/**
 * No reply arrived: the host name is unknown, nothing listens on the port, TLS failed, or the connection broke. `reason` is
 * the error code of the system or of Node.
 */
export class ConnectionError extends MistralError {
  readonly method: string;
  readonly path: string;
  /** `host:port` of the server. */
  readonly host: string;
  /** Error code of the system or of Node, such as `ECONNREFUSED` or `CERT_HAS_EXPIRED`. */
  readonly reason: string;
  /** The proxy that failed, such as `http://proxy.example:3128`; undefined when no proxy failed. */
  readonly proxy: string | undefined;

  constructor(
    place: RequestPlace,
    reason: string,
    detail: string,
    attempts: number,
    caution: string,
    proxy?: HttpProxy | undefined,
  ) {
    const host = hostAndPort(place.baseUrl);
    const { what, todo } = proxy
      ? describeProxyFailure(reason, proxy, host, detail)
      : describeFailure(reason, host, detail);
    super(
      `${place.method} ${place.path} on ${place.baseUrl}: ${what} (${reason})${inAttempts(attempts)}.`,
      todo,
      caution,
    );
    this.method = place.method;
    this.path = place.path;
    this.host = host;
    this.reason = reason;
    this.proxy = proxy?.name;
  }
}

function hostAndPort(baseUrl: string): string {
  const { hostname, port, protocol } = new URL(baseUrl);
  return `${hostname}:${port === "" ? (protocol === "https:" ? 443 : 80) : port}`;
}

function describeFailure(reason: string, host: string, detail: string): { what: string; todo: string } {
  switch (reason) {
    case "ECONNREFUSED":
      return {
        what: `${host} refused the connection`,
        todo: "Check that the server is running and that the port is correct.",
      };
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return {
        what: `the host name of ${host} could not be resolved`,
        todo: "Check the host name for typos, and this machine's DNS and network.",
      };
    case "ECONNRESET":
    case "EPIPE":
    case "ECONNABORTED":
      return {
        what: `${host} closed the connection before it answered`,
        todo: "Retry. If it fails again, check the server's log and any proxy between this machine and the server.",
      };
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return { what: `${host} could not be reached`, todo: "Check the network, the firewall and the VPN." };
    default:
      return (
        describeTlsFailure(reason, host) ?? { what: `${host}: ${detail}`, todo: "Check the base URL and the network." }
      );
  }
}

function describeProxyFailure(
  reason: string,
  proxy: HttpProxy,
  host: string,
  detail: string,
): { what: string; todo: string } {
  const name = `the proxy ${proxy.name}`;
  const bypass = `to bypass the proxy, add ${new URL(`http://${host}`).hostname} to NO_PROXY`;
  if (reason === "ERR_PROXY_407") {
    const what =
      proxy.url.username === "" ? "requires a user name and a password" : "refused the user name or password";
    return {
      what: `${name} ${what}`,
      todo: `Set them in the proxy URL in the environment (http://user:password@host:port, special characters percent-encoded); ${bypass}.`,
    };
  }
  const status = /^ERR_PROXY_(\d+)$/.exec(reason)?.[1];
  const what = status === undefined ? describeFailure(reason, name, detail).what : `${name} did not connect to ${host}`;
  return { what, todo: `Check the proxy and its URL (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY); ${bypass}.` };
}

function describeTlsFailure(reason: string, host: string): { what: string; todo: string } | undefined {
  if (reason === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return {
      what: `the certificate of ${host} is for another host name`,
      todo: "Use the host name in the certificate.",
    };
  }
  if (reason === "CERT_HAS_EXPIRED" || reason === "CERT_NOT_YET_VALID") {
    return {
      what: `the certificate of ${host} has expired or is not valid yet`,
      todo: "Renew the certificate, or correct this machine's clock.",
    };
  }
  if (/SELF_SIGNED|UNABLE_TO_|CERT_/.test(reason)) {
    return {
      what: `the certificate of ${host} is not trusted on this machine`,
      todo: "If a private certificate authority signed it, set NODE_EXTRA_CA_CERTS to the path of that authority's certificate.",
    };
  }
  if (/^(EPROTO|ERR_SSL_|ERR_TLS_)/.test(reason)) {
    return {
      what: `the TLS handshake with ${host} failed`,
      todo: "Check that the server speaks https: a server on your own machine usually speaks http.",
    };
  }
  if (/^HPE_/.test(reason)) {
    return {
      what: `${host} did not answer with HTTP`,
      todo: "Check the port, and whether the URL must begin with https://.",
    };
  }
  return undefined;
}

nameErrors({ ConnectionError });
