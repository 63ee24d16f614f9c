import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import type { Empty } from "google-protobuf/google/protobuf/empty_pb";

/** Returns an empty reply of the protocol's own copy of google-protobuf: the protocol refuses the class of another copy. */
export const emptyReply = (): Empty => ResourceProviderService.cancel.responseDeserialize(Buffer.alloc(0));
