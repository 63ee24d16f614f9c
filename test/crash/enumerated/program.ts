import { credentials, Metadata, Server, ServerCredentials, type ServiceError } from "@grpc/grpc-js";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import { GetRequiredPluginsResponse, type RunRequest, RunResponse } from "@pulumi/pulumi/proto/language_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceMonitorClient } from "@pulumi/pulumi/proto/resource_grpc_pb";
import { RegisterResourceRequest, type RegisterResourceResponse } from "@pulumi/pulumi/proto/resource_pb";
import { type Properties, propertiesOf, struct } from "../properties";

/** A resource that a program declares. */
export interface Declaration {
  name: string;
  token: string;
  /** @param outputs the outputs of the resources before, by name; the resource depends on all of them */
  inputs(urn: string, outputs: Record<string, Properties>): Promise<Properties>;
}

/**
 * Runs the program of a stack in this process: a language host for `pulumi up --client ADDRESS`, as Pulumi's Automation API has. A
 * program in a process of its own would load Pulumi's SDK and TypeScript for each command, which takes most of the command's time.
 */
export class Program {
  /** The resources that the next command declares, in this order. */
  declarations: Declaration[] = [];
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
      const outputs: Record<string, Properties> = {};
      const urns: string[] = [];
      for (const { name, token, inputs } of this.declarations) {
        const declared = await inputs(`urn:pulumi:${stackName}::${project}::${token}::${name}`, outputs);
        const resource = new RegisterResourceRequest().setType(token).setName(name).setObject(struct(declared));
        const reply = await register(
          monitor,
          resource.setCustom(true).setParent(stack.getUrn()).setDependenciesList(urns),
        );
        outputs[name] = propertiesOf(reply.getObject());
        urns.push(reply.getUrn());
      }
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
