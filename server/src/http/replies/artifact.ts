import type { FastifyRequest } from "fastify";
import type { FineTunedModel } from "../../store/models";

/** Where what a training has made can be had: an extension of a job and of a model. */
export interface ArtifactReply {
  /** Of a tar file; it needs the same key as all else. */
  url: string;
  /** The size of the files in it. */
  bytes: number;
}

/** @returns undefined for a model that was only simulated */
export function artifactReply(model: FineTunedModel, request: FastifyRequest): ArtifactReply | undefined {
  if (model.artifactBytes === undefined) {
    return undefined;
  }
  const path = `/v1/fine_tuning/models/${encodeURIComponent(model.id)}/artifact`;
  return { url: `${request.protocol}://${request.host}${path}`, bytes: model.artifactBytes };
}
