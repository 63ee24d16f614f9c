import { status } from "@grpc/grpc-js";
import { type InvokeRequest, InvokeResponse } from "@pulumi/pulumi/proto/provider_pb";
import { printable } from "../../lifecycle/connection/knownKeys";
import { argumentProblems, functions } from "../../lifecycle/functions/functions";
import { checkFailure, RequestError } from "./failures";
import type { PluginHost } from "./host";
import { fromStruct, toStruct } from "./wire";

/** The gRPC method of the functions. */
export const functionService = {
  async invoke(host: PluginHost, request: InvokeRequest): Promise<InvokeResponse> {
    const called = functions.get(request.getTok());
    if (!called) {
      const token = JSON.stringify(request.getTok().slice(0, 200));
      throw new RequestError(
        status.INVALID_ARGUMENT,
        `unknown function ${token}: this provider has ${[...functions.keys()].join(", ")}`,
      );
    }
    const { values } = fromStruct(request.getArgs());
    const problems = argumentProblems(called, values);
    const response = new InvokeResponse();
    response.setFailuresList(problems.map(({ message }) => checkFailure(printable(message))));
    if (problems.length === 0) response.setReturn(toStruct(await called.run(values, host.operation(""))));
    return response;
  },
};
