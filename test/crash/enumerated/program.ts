import { credentials, Metadata, Server, ServerCredentials, type ServiceError } from "@grpc/grpc-js";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import { GetRequiredPluginsResponse, type RunRequest, RunResponse } from "@pulumi/pulumi/proto/language_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceMonitorClient } from "@pulumi/pulumi/proto/resource_grpc_pb";
import { RegisterResourceRequest, type RegisterResourceResponse } from "@pulumi/pulumi/proto/resource_pb";
import { type Properties, struct } from "../properties";

/** The resource that a program declares. */
export interface Declaration {
  name: string;
  token: string;
  inputs(urn: string): Promise<Properties>;
}

/**
 * Runs the program of a stack in this process: a language host for `pulumi up --client ADDRESS`, as Pulumi's Automation API has. A
 * program in a process of its own would load Pulumi's SDK and TypeScript for each command, which takes most of the command's time.
 */
export class Program {
  /** The resource that the next command declares. */
  declaration: Declaration | undefined;
  private readonly server = new Server();
  private port = 0;

  static async start(): Promise<Program> {
    const program = new Program();
    await program.listen();
    return program;
  }

  /** The arguments of `pulumi up`. */
  get flags(): string[] {
    return [`--client=127.0.0.1:${this.port}`, "--exec-kind=auto.inline"];
  }

  stop(): void {
    this.server.forceShutdown();
  }

  private async listen(): Promise<void> {
    this.server.addService(LanguageRuntimeService, {
      getPluginInfo: (_call: unknown, reply: Reply<PluginInfo>) => reply(null, new PluginInfo().setVersion("1.0.0")),
      getRequiredPlugins: (_call: unknown, reply: Reply<GetRequiredPluginsResponse>) =>
        reply(null, new GetRequiredPluginsResponse()),
      run: ({ request }: { request: RunRequest }, reply: Reply<RunResponse>) => {
        // Reported in the reply, as Pulumi's language hosts do. The engine prints the reason of a failed resource itself.
        this.run(request).then(
          () => reply(null, new RunResponse()),
          (error: Error) => reply(null, new RunResponse().setError(error.message)),
        );
      },
    });
    this.port = await new Promise<number>((resolve, reject) => {
      this.server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
        error ? reject(error) : resolve(port),
      );
    });
  }

  private async run(request: RunRequest): Promise<void> {
    const monitor = new ResourceMonitorClient(request.getMonitorAddress(), credentials.createInsecure());
    try {
      const project = request.getProject();
      const stackName = request.getStack();
      const stack = await register(
        monitor,
        new RegisterResourceRequest().setType("pulumi:pulumi:Stack").setName(`${project}-${stackName}`),
      );
      const { declaration } = this;
      if (!declaration) return;
      const { name, token } = declaration;
      const inputs = await declaration.inputs(`urn:pulumi:${stackName}::${project}::${token}::${name}`);
      const resource = new RegisterResourceRequest().setType(token).setName(name).setObject(struct(inputs));
      await register(monitor, resource.setCustom(true).setParent(stack.getUrn()));
    } finally {
      monitor.close();
    }
  }
}

type Reply<T> = (error: ServiceError | null, reply: T) => void;

function register(monitor: ResourceMonitorClient, request: RegisterResourceRequest): Promise<RegisterResourceResponse> {
  request.setAcceptsecrets(true).setAcceptresources(true);
  return new Promise((resolve, reject) => {
    monitor.registerResource(request, new Metadata(), {}, (error, reply) => (error ? reject(error) : resolve(reply)));
  });
}
