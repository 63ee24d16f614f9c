import { setMaxListeners } from "node:events";
import { createRequire } from "node:module";

const CANCEL = "/pulumirpc.ResourceProvider/Cancel";

export interface Cancellation {
  /** Aborts when Pulumi asks the host to stop. */
  signal: AbortSignal;
  /** Whether this process can detect the request. */
  isSupported: boolean;
}

/**
 * Returns a signal that aborts when the engine sends `Cancel` (Ctrl-C, SIGTERM). Pulumi's dynamic host acknowledges that call and
 * does nothing, so `up` would hang until the job ends. This wraps `_retrieveHandler`, which the host's gRPC server calls for every
 * request. The method is private API; without it, the signal never aborts and Pulumi keeps its default behavior.
 */
export function cancellation(): Cancellation {
  const controller = new AbortController();
  const { signal } = controller;
  // Avoid Node's leak warning: every operation adds a listener, and a stack may run hundreds at a time.
  setMaxListeners(0, signal);
  try {
    const grpc = createRequire(process.argv[1] as string)("@grpc/grpc-js") as { Server: { prototype: Server } };
    const prototype = grpc.Server.prototype;
    const original = prototype._retrieveHandler;
    if (typeof original === "function") {
      prototype._retrieveHandler = function (this: Server, path: string) {
        if (path === CANCEL) controller.abort();
        return original.call(this, path);
      };
      return { signal, isSupported: true };
    }
  } catch {
    // Outside Pulumi's host, nothing sends `Cancel`.
  }
  return { signal, isSupported: false };
}

interface Server {
  _retrieveHandler?: (path: string) => unknown;
}
