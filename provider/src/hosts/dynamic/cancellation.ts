import { setMaxListeners } from "node:events";
import { createRequire } from "node:module";

const CANCEL = "/pulumirpc.ResourceProvider/Cancel";

export interface Cancellation {
  /** Aborts when Pulumi asks the host to stop. */
  signal: AbortSignal;
  /** Whether that can be seen here at all. */
  isSupported: boolean;
}

/**
 * Aborts when the engine sends `Cancel` (Ctrl-C, SIGTERM). Pulumi's dynamic host acknowledges that call and does nothing, so
 * `up` would hang until the job ends. The gRPC server of the host asks `_retrieveHandler` for every call: that is where it can
 * be seen. It is private API; where it is missing, the signal never aborts and Pulumi behaves as it does by itself.
 */
export function cancellation(): Cancellation {
  const controller = new AbortController();
  const { signal } = controller;
  // Every operation listens, and a stack may have hundreds at a time.
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
    // Not inside Pulumi's host: nothing will ask to stop.
  }
  return { signal, isSupported: false };
}

interface Server {
  _retrieveHandler?: (path: string) => unknown;
}
