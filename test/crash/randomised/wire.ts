import type { ServiceError } from "@grpc/grpc-js";
import { ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { type Properties, propertiesOf } from "../properties";

/** The host was killed before it answered. */
export class HostDied extends Error {}

/** The resource exists, but does not match its declaration. The engine stores the ID and the properties of the resource. */
export class InitFailed extends Error {
  constructor(
    readonly id: string,
    readonly properties: Properties,
    readonly reasons: string[],
  ) {
    super(reasons.join("; "));
  }
}

/** Returns the `InitFailed` error that Pulumi's hosts attach to the details of a gRPC status; undefined when there is none. */
export function initFailureIn({ metadata }: ServiceError): InitFailed | undefined {
  const [details] = metadata.get("grpc-status-details-bin");
  if (!Buffer.isBuffer(details)) return undefined;
  const [detail] = Status.deserializeBinary(details).getDetailsList();
  const failure = detail?.unpack(ErrorResourceInitFailed.deserializeBinary, "pulumirpc.ErrorResourceInitFailed");
  if (!failure) return undefined;
  return new InitFailed(failure.getId(), propertiesOf(failure.getProperties()), failure.getReasonsList());
}
