import type { HttpProxy } from "../http/proxy";
import { inAttempts, MistralError, nameErrors, type RequestPlace } from "./errors";

/**
 * No reply came: the name is unknown, nothing listens there, TLS failed, or the connection broke. `reason` is the
 * system's code.
 */
export class ConnectionError extends MistralError {
  readonly method: string;
  readonly path: string;
  /** `host:port` that was addressed. */
  readonly host: string;
  /** The system's or Node's code, such as `ECONNREFUSED` or `CERT_HAS_EXPIRED`. */
  readonly reason: string;
  /** The proxy that failed, such as `http://proxy.example:3128`; undefined when it was not the proxy. */
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
        todo: "Check that the server runs and that the port is right.",
      };
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return {
        what: `the host name of ${host} could not be resolved`,
        todo: "Check the name for a typing error, and this machine's DNS and network.",
      };
    case "ECONNRESET":
    case "EPIPE":
    case "ECONNABORTED":
      return {
        what: `${host} closed the connection before it had answered`,
        todo: "Try again; if it goes on, look into the server's log, and at any proxy on the way.",
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
  const without = `${new URL(`http://${host}`).hostname} in NO_PROXY goes without it`;
  if (reason === "ERR_PROXY_407") {
    const what =
      proxy.url.username === "" ? "asks for a user name and a password" : "refused the user name or password";
    return {
      what: `${name} ${what}`,
      todo: `Put them into the proxy's URL in the environment (http://user:password@host:port, special characters percent-encoded); ${without}.`,
    };
  }
  const status = /^ERR_PROXY_(\d+)$/.exec(reason)?.[1];
  const what = status === undefined ? describeFailure(reason, name, detail).what : `${name} did not connect to ${host}`;
  return { what, todo: `Check the proxy and its URL (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY); ${without}.` };
}

function describeTlsFailure(reason: string, host: string): { what: string; todo: string } | undefined {
  if (reason === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return {
      what: `the certificate of ${host} is for another name`,
      todo: "Use the name that the certificate is for.",
    };
  }
  if (reason === "CERT_HAS_EXPIRED" || reason === "CERT_NOT_YET_VALID") {
    return {
      what: `the certificate of ${host} is not valid at this machine's time`,
      todo: "Renew it, or set the clock.",
    };
  }
  if (/SELF_SIGNED|UNABLE_TO_|CERT_/.test(reason)) {
    return {
      what: `the certificate of ${host} is not trusted here`,
      todo: "If it comes from an authority of your own, put that authority's certificate into a file and name it in NODE_EXTRA_CA_CERTS.",
    };
  }
  if (/^(EPROTO|ERR_SSL_|ERR_TLS_)/.test(reason)) {
    return {
      what: `no TLS connection to ${host} could be made`,
      todo: "Check whether the server speaks https at all: a server on your own machine usually wants http://.",
    };
  }
  if (/^HPE_/.test(reason)) {
    return {
      what: `${host} did not answer in HTTP`,
      todo: "Check the port, and whether the URL should begin with https://.",
    };
  }
  return undefined;
}

nameErrors({ ConnectionError });
