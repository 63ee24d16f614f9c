import type { JobModel } from "../../store/models";

/** The artifact of a training. An extension of the API, in jobs and models. */
export interface ArtifactReply {
  /** The URL of a tar file. Requires an API key like the other routes. */
  url: string;
  /** The total size of the files in the archive, in bytes. */
  bytes: number;
}

/** Returns undefined for a simulated model. @param baseUrl see `baseUrlOf` */
export function artifactReply(model: Omit<JobModel, "jobId">, baseUrl: string): ArtifactReply | undefined {
  if (model.artifactBytes === undefined) {
    return undefined;
  }
  const path = `/v1/fine_tuning/models/${encodeURIComponent(model.id)}/artifact`;
  return { url: `${baseUrl}${path}`, bytes: model.artifactBytes };
}
