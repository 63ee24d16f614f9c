import type { ServiceError } from "@grpc/grpc-js";
import { ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";

/** A resource's properties, as they cross the wire and as the state has them. */
export type Properties = Record<string, unknown>;

/** The host was killed before it had answered. */
export class HostDied extends Error {}

/** The resource exists, but is not what was declared: the engine keeps its id and its properties. */
export class InitFailed extends Error {
  constructor(
    readonly id: string,
    readonly properties: Properties,
    readonly reasons: string[],
  ) {
    super(reasons.join("; "));
  }
}

/** JSON leaves out what is undefined, which the wire cannot carry. */
export const struct = (properties: Properties): Struct =>
  Struct.fromJavaScript(JSON.parse(JSON.stringify(properties)) as Record<string, JavaScriptValue>);

export const propertiesOf = (struct: Struct | undefined): Properties => struct?.toJavaScript() ?? {};

/** What a failed call says besides its message: Pulumi's hosts put it where gRPC puts the details of a status. */
export function initFailureIn({ metadata }: ServiceError): InitFailed | undefined {
  const [details] = metadata.get("grpc-status-details-bin");
  if (!Buffer.isBuffer(details)) return undefined;
  const [detail] = Status.deserializeBinary(details).getDetailsList();
  const failure = detail?.unpack(ErrorResourceInitFailed.deserializeBinary, "pulumirpc.ErrorResourceInitFailed");
  if (!failure) return undefined;
  return new InitFailed(failure.getId(), propertiesOf(failure.getProperties()), failure.getReasonsList());
}
