import { createRequire } from "node:module";

const CANCEL = "/pulumirpc.ResourceProvider/Cancel";

/**
 * Aborts when the engine sends `Cancel` (Ctrl-C, SIGTERM). Pulumi's dynamic host acknowledges that call and does nothing, so
 * `up` would hang until the job ends. The gRPC server of the host asks `_retrieveHandler` for every call: that is where it can
 * be seen. It is private API; where it is missing, the signal never aborts and Pulumi behaves as it does by itself.
 */
export function cancellation(): AbortSignal {
  const controller = new AbortController();
  try {
    const grpc = createRequire(process.argv[1] as string)("@grpc/grpc-js") as { Server: { prototype: Server } };
    const prototype = grpc.Server.prototype;
    const original = prototype._retrieveHandler;
    if (typeof original === "function") {
      prototype._retrieveHandler = function (this: Server, path: string) {
        if (path === CANCEL) controller.abort();
        return original.call(this, path);
      };
    }
  } catch {
    // Not inside Pulumi's host: nothing will ask to stop.
  }
  return controller.signal;
}

interface Server {
  _retrieveHandler?: (path: string) => unknown;
}
