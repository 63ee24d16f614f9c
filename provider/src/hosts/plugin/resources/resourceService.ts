import { status } from "@grpc/grpc-js";
import * as pb from "@pulumi/pulumi/proto/provider_pb";
import type { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { PropertyChange } from "../../../lifecycle/detailedDiff";
import type { ResourceType } from "../../resourceTypes/resourceType";
import { resourceTypes } from "../../resourceTypes/resourceTypes";
import { emptyReply } from "../emptyReply";
import { checkFailure, markingSecrets, RequestError } from "../failures";
import { fromStruct, toStruct } from "../wire";
import type { PluginProvider } from "./provider";
import { secretPaths } from "./secretPaths";
import { pluginTokens, resourceNameOf, typeIn } from "./urn";

/** The gRPC methods of the resources: each one converts the request, runs the operation, and converts the result. */
export const resourceService = {
  async check(provider: PluginProvider, request: pb.CheckRequest): Promise<pb.CheckResponse> {
    const news = fromStruct(request.getNews());
    const { inputs, problems } = await provider.check(
      resourceOf(request),
      fromStruct(request.getOlds()).values,
      news.values,
    );
    const response = new pb.CheckResponse();
    response.setInputs(toStruct(inputs, secretPaths(news)));
    response.setFailuresList(problems.map(checkFailure));
    return response;
  },

  async diff(provider: PluginProvider, request: pb.DiffRequest): Promise<pb.DiffResponse> {
    const olds = fromStruct(request.getOlds()).values;
    const { changes, replaces, details } = provider.diff(
      resourceOf(request),
      request.getId(),
      olds,
      fromStruct(request.getNews()).values,
    );
    const response = new pb.DiffResponse();
    response.setChanges(changes ? pb.DiffResponse.DiffChanges.DIFF_SOME : pb.DiffResponse.DiffChanges.DIFF_NONE);
    response.setReplacesList(replaces);
    response.setDiffsList([...new Set(details.map(({ path }) => path.replace(/[.[].*/, "")))]);
    response.setHasdetaileddiff(true);
    for (const change of details) response.getDetaileddiffMap().set(change.path, propertyDiff(change));
    return response;
  },

  async create(provider: PluginProvider, request: pb.CreateRequest): Promise<pb.CreateResponse> {
    const inputs = fromStruct(request.getProperties());
    const secrets = secretPaths(inputs);
    const options = { timeout: request.getTimeout(), preview: request.getPreview() };
    const { id, outputs } = await markingSecrets(secrets, () =>
      provider.create(resourceOf(request), inputs.values, options),
    );
    const response = new pb.CreateResponse();
    response.setId(id);
    response.setProperties(toStruct(outputs, secrets));
    return response;
  },

  async update(provider: PluginProvider, request: pb.UpdateRequest): Promise<pb.UpdateResponse> {
    const news = fromStruct(request.getNews());
    const olds = fromStruct(request.getOlds()).values;
    const secrets = secretPaths(news);
    const options = { timeout: request.getTimeout(), preview: request.getPreview() };
    const outputs = await markingSecrets(secrets, () =>
      provider.update(resourceOf(request), request.getId(), olds, news.values, options),
    );
    const response = new pb.UpdateResponse();
    response.setProperties(toStruct(outputs, secrets));
    return response;
  },

  async read(provider: PluginProvider, request: pb.ReadRequest): Promise<pb.ReadResponse> {
    const state = fromStruct(request.getProperties());
    const inputs = fromStruct(request.getInputs());
    // Only an import has no inputs: the static method `get` of a class has them.
    const isImport = request.getInputs() === undefined;
    const found = await provider.read(resourceOf(request), request.getId(), state.values, inputs.values, isImport);
    const response = new pb.ReadResponse();
    // An empty ID means that the resource is gone.
    if (!found) return response;
    response.setId(request.getId());
    response.setProperties(toStruct(found.outputs, secretPaths(state, inputs)));
    response.setInputs(toStruct(found.inputs, secretPaths(inputs)));
    return response;
  },

  async delete(provider: PluginProvider, request: pb.DeleteRequest): Promise<Empty> {
    const { values } = fromStruct(request.getProperties());
    await provider.delete(resourceOf(request), request.getId(), values, request.getTimeout());
    return emptyReply();
  },
};

/** A resource that a request is about. */
export interface RequestedResource {
  urn: string;
  type: ResourceType;
}

/** @throws RequestError when the URN is missing, or of a resource of an unknown type */
function resourceOf(request: { getUrn(): string }): RequestedResource {
  const urn = request.getUrn();
  const type = typeIn(urn);
  const name = resourceNameOf(type);
  if (name !== undefined) return { urn, type: resourceTypes[name] };
  throw new RequestError(
    status.INVALID_ARGUMENT,
    type === undefined
      ? "the request has no valid URN"
      : `unknown resource type ${JSON.stringify(type.slice(0, 200))}: this provider has ${pluginTokens.join(", ")}`,
  );
}

const { Kind } = pb.PropertyDiff;
const KINDS = {
  add: [Kind.ADD, Kind.ADD_REPLACE],
  delete: [Kind.DELETE, Kind.DELETE_REPLACE],
  update: [Kind.UPDATE, Kind.UPDATE_REPLACE],
} as const;

function propertyDiff({ kind, replaces }: PropertyChange): pb.PropertyDiff {
  const diff = new pb.PropertyDiff();
  diff.setKind(KINDS[kind][replaces ? 1 : 0]);
  return diff;
}
