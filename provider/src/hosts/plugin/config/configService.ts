import * as pb from "@pulumi/pulumi/proto/provider_pb";
import { printable } from "../../../lifecycle/connection/knownKeys";
import { checkFailure } from "../failures";
import type { PluginHost } from "../host";
import { fromStruct, toStruct } from "../wire";
import { changedConfiguration, configurationOf, configurationProblems, SECRET_CONFIGURATION } from "./config";

/** The gRPC methods of the provider's configuration. */
export const configService = {
  async checkConfig(request: pb.CheckRequest): Promise<pb.CheckResponse> {
    const { values, secrets } = fromStruct(request.getNews());
    const response = new pb.CheckResponse();
    response.setInputs(toStruct(values, [...SECRET_CONFIGURATION, ...secrets]));
    response.setFailuresList(configurationProblems(values).map((problem) => checkFailure(printable(problem))));
    return response;
  },

  /** No change replaces a provider: that would replace every job. */
  async diffConfig(request: pb.DiffRequest): Promise<pb.DiffResponse> {
    const changed = changedConfiguration(fromStruct(request.getOlds()).values, fromStruct(request.getNews()).values);
    const { DIFF_SOME, DIFF_NONE } = pb.DiffResponse.DiffChanges;
    const response = new pb.DiffResponse();
    response.setChanges(changed.length > 0 ? DIFF_SOME : DIFF_NONE);
    response.setDiffsList(changed);
    return response;
  },

  async configure(host: PluginHost, request: pb.ConfigureRequest): Promise<pb.ConfigureResponse> {
    host.configure(configurationOf(fromStruct(request.getArgs()).values));
    const response = new pb.ConfigureResponse();
    response.setAcceptsecrets(true);
    response.setSupportspreview(true);
    return response;
  },
};
