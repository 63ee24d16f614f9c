// Pulumi's SDK brings this package. It is only an optional peer dependency here: as a dependency, it would make npm 11 warn about the
// install script of protobufjs in projects without the SDK.
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { engineAddress } from "../engine";
import { PluginHost } from "./host";
import { providerService } from "./service";

/** Pulumi's own limit of a message, in bytes. */
const MAX_MESSAGE_BYTES = 400 * 1024 * 1024;

/**
 * Serves the provider on a free port of this machine, and prints the port, as Pulumi's engine expects from a plugin.
 *
 * @param args the arguments of the process; the last one is the engine's address
 */
export function main(args: readonly string[]): void {
  const host = new PluginHost();
  const address = engineAddress(args);
  if (address) {
    host.connect(address);
    // A killed CLI leaves this process orphaned, polling for hours. Exit; the job keeps running, and the next `up` adopts the job.
    host.onEngineExit(() => process.exit(1));
  }
  const server = new Server({
    "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
    "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
  });
  server.addService(ResourceProviderService, providerService(host));
  server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
    if (error) {
      console.error(`cannot listen on 127.0.0.1: ${error.message}`);
      process.exit(1);
    }
    console.log(port);
  });
}
