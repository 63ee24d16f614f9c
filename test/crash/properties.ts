import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";

/** The properties of a resource, as in gRPC messages and in the state. */
export type Properties = Record<string, unknown>;

/** Converts properties to a protobuf struct. The JSON round trip removes undefined values, which a struct cannot hold. */
export const struct = (properties: Properties): Struct =>
  Struct.fromJavaScript(JSON.parse(JSON.stringify(properties)) as Record<string, JavaScriptValue>);

export const propertiesOf = (struct: Struct | undefined): Properties => struct?.toJavaScript() ?? {};
