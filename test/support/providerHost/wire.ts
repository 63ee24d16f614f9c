import type { ServiceError } from "@grpc/grpc-js";
import * as pb from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";

export type Properties = Record<string, unknown>;

/** The result of a call. Exactly one of `value` and `failure` is set. */
export interface CallResult<T> {
  value?: T;
  failure?: Failure;
}

export interface Failure {
  code: number;
  message: string;
  /** The job that exists although the operation failed. */
  existing?: { id: string; properties: Properties; reasons: string[] };
}

export function structOf(values: Properties): Struct {
  return Struct.fromJavaScript(JSON.parse(JSON.stringify(values)));
}

const SECRET = { key: "4dabf18193072939515e22adb298388d", value: "1b47061264138c4ac30d75fd1eb44270" };

/** Returns plain values: only the plugin marks secrets, because the engine marks them for the dynamic host. */
export function plain(struct: Struct | undefined): Properties {
  return unwrap(struct?.toJavaScript() ?? {}) as Properties;
}

function unwrap(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrap);
  if (typeof value !== "object" || value === null) return value;
  if (Reflect.get(value, SECRET.key) === SECRET.value) return unwrap(Reflect.get(value, "value"));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unwrap(item)]));
}

export function failureOf({ code, details, metadata }: ServiceError): Failure {
  const [encoded] = metadata?.get("grpc-status-details-bin") ?? [];
  if (!encoded) return { code, message: details };
  const [detail] = Status.deserializeBinary(encoded as Buffer).getDetailsList();
  const failed = pb.ErrorResourceInitFailed.deserializeBinary(detail?.getValue_asU8() ?? new Uint8Array());
  return {
    code,
    message: details,
    existing: { id: failed.getId(), properties: plain(failed.getProperties()), reasons: failed.getReasonsList() },
  };
}
