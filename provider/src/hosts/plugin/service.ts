import type { handleUnaryCall, UntypedServiceImplementation } from "@grpc/grpc-js";
import { status } from "@grpc/grpc-js";
import { type PluginAttach, PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { GetSchemaResponse, type InvokeRequest, ProviderHandshakeResponse } from "@pulumi/pulumi/proto/provider_pb";
import { emptyReply } from "./emptyReply";
import { grpcError, RequestError } from "./failures";
import type { PluginHost } from "./host";
import type { resourceService } from "./resources/resourceService";

type ResourceService = typeof resourceService;

/**
 * The gRPC service of a Pulumi provider. Loads the lifecycle when the first method needs it, so that the engine's first calls are
 * answered sooner. Methods that this provider does not have are UNIMPLEMENTED.
 *
 * @see https://github.com/pulumi/pulumi/blob/master/proto/pulumi/provider.proto
 */
export function providerService(host: PluginHost): UntypedServiceImplementation {
  const config = () => (require("./config/configService") as typeof import("./config/configService")).configService;
  return {
    handshake: unary(async () => {
      // Missing in older versions of Pulumi's SDK. The engine then reads the answer to Configure.
      if (!ProviderHandshakeResponse) throw new RequestError(status.UNIMPLEMENTED, "Handshake is not implemented");
      const response = new ProviderHandshakeResponse();
      response.setAcceptSecrets(true);
      return response;
    }),
    /** For debugging: the engine attaches to a plugin that already runs. */
    attach: unary(async (request: PluginAttach) => {
      host.attach(request.getAddress());
      return emptyReply();
    }),
    getPluginInfo: unary(async () => {
      const response = new PluginInfo();
      response.setVersion(require("../../../package.json").version);
      return response;
    }),
    getSchema: unary(async () => {
      const response = new GetSchemaResponse();
      response.setSchema(JSON.stringify(require("../../../schema.json")));
      return response;
    }),
    cancel: unary(async () => {
      host.cancel();
      return emptyReply();
    }),
    checkConfig: unary((request) => config().checkConfig(request)),
    diffConfig: unary((request) => config().diffConfig(request)),
    configure: unary((request) => config().configure(host, request)),
    invoke: unary(async (request: InvokeRequest) => {
      assertConfigured("invoke", host);
      const { functionService } = require("./functionService") as typeof import("./functionService");
      return functionService.invoke(host, request);
    }),
    ...resourceMethods(host),
  };
}

/** The engine configures a provider first. Anyone else gets an error instead of a wrong server. */
function assertConfigured(method: string, host: PluginHost): void {
  if (!host.isConfigured) throw new RequestError(status.FAILED_PRECONDITION, `${method} was called before Configure`);
}

function resourceMethods(host: PluginHost): UntypedServiceImplementation {
  const load = once(() => {
    const { resourceService } = require("./resources/resourceService") as typeof import("./resources/resourceService");
    const { PluginProvider } = require("./resources/provider") as typeof import("./resources/provider");
    return { methods: resourceService, provider: new PluginProvider(host) };
  });
  const method = <Name extends keyof ResourceService>(name: Name) =>
    unary(async (request: Parameters<ResourceService[Name]>[1]) => {
      assertConfigured(name, host);
      const { methods, provider } = load();
      return methods[name](provider, request as never);
    });
  return {
    check: method("check"),
    diff: method("diff"),
    create: method("create"),
    update: method("update"),
    read: method("read"),
    delete: method("delete"),
  };
}

/** Converts an asynchronous function to a gRPC handler. */
function unary<Request, Response>(handle: (request: Request) => Promise<Response>): handleUnaryCall<Request, Response> {
  return ({ request }, callback) => {
    handle(request).then(
      (response) => callback(null, response),
      (error: unknown) => callback(grpcError(error)),
    );
  };
}

function once<T>(load: () => T): () => T {
  let loaded: { value: T } | undefined;
  return () => {
    loaded ??= { value: load() };
    return loaded.value;
  };
}
