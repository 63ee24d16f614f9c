import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { CheckFailure, ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import { readableFailure } from "../readableError";
import { forState } from "./resources/stateProperties";
import { type Path, toStruct } from "./wire";

/** A request that this provider cannot serve. The message says why. */
export class RequestError extends Error {
  constructor(
    readonly code: status,
    message: string,
  ) {
    super(message);
    this.name = "RequestError";
  }
}

/** A failure that is already in gRPC's form. */
class GrpcFailure extends Error {
  constructor(readonly grpc: Partial<ServiceError>) {
    super(grpc.details);
  }
}

/** Runs an operation. If it fails although a job exists, marks the secrets in the outputs. */
export async function markingSecrets<T>(secrets: readonly Path[], operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw new GrpcFailure(grpcError(error, secrets));
  }
}

/**
 * Converts a failure for gRPC. If a job exists although the operation failed, its ID and outputs go along, so that the engine keeps them in the state.
 *
 * @param secrets paths of the secret outputs
 * @returns an error without a stack trace, API keys and control characters
 */
export function grpcError(error: unknown, secrets: readonly Path[] = []): Partial<ServiceError> {
  if (error instanceof GrpcFailure) return error.grpc;
  if (error instanceof RequestError) return { code: error.code, details: error.message };
  const { message, existing } = readableFailure(error);
  if (!existing) return { code: status.UNKNOWN, details: message };
  const failure = new ErrorResourceInitFailed();
  failure.setId(existing.id);
  failure.setProperties(toStruct(forState(existing.outputs, "FineTuningJob"), secrets));
  failure.setReasonsList([message]);
  const detail = new Any();
  detail.pack(failure.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const reply = new Status();
  reply.setCode(status.UNKNOWN);
  reply.setMessage(message);
  reply.addDetails(detail);
  const metadata = new Metadata();
  metadata.add("grpc-status-details-bin", Buffer.from(reply.serializeBinary()));
  return { code: status.UNKNOWN, details: message, metadata };
}

/** A longer reason, which can contain the name of an input, is cut. */
const LONGEST_REASON = 8_192;

/** With a property name, the engine would print the property's value, including secrets. */
export function checkFailure(reason: string): CheckFailure {
  const failure = new CheckFailure();
  failure.setReason(reason.length > LONGEST_REASON ? `${reason.slice(0, LONGEST_REASON)}…` : reason);
  return failure;
}
