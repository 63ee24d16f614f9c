import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { StoredFile } from "../../store/files";
import { setCaller } from "../caller";
import { ApiError } from "../errors";
import { baseUrlOf } from "../publicUrl";
import { fileReply } from "../replies/files";
import { contentQuery, fileUrlQuery, listFilesQuery } from "../schemas/files";
import { parse } from "../schemas/parse";
import type { Services } from "../services";

type ById = { Params: { file_id: string } };

/** All routes for files except the upload. */
export function fileRoutes(app: FastifyInstance, services: Services): void {
  const { files, signer, callers, connections, publicUrl, sampleAnswers } = services;
  const found = (file: StoredFile | undefined): StoredFile => {
    if (file === undefined) {
      throw new ApiError(404, "There is no file with this id");
    }
    return file;
  };

  const find = (request: FastifyRequest<ById>) => found(files.find(request.params.file_id, request.workspace));

  app.get("/v1/files", { config: { readsQuery: true } }, async (request) => {
    const { include_total, ...filter } = parse(listFilesQuery, request.query, "query");
    const { files: page, total } = files.list(filter, request.workspace);
    return { object: "list", data: page.map(fileReply), ...(include_total && { total }) };
  });

  app.get<ById>("/v1/files/:file_id", async (request) => ({
    ...fileReply(find(request)),
    deleted: false,
  }));

  app.delete<ById>("/v1/files/:file_id", async (request) => {
    const { id } = find(request);
    await files.remove(id);
    await sampleAnswers.removeOf(id);
    return { id, object: "file", deleted: true };
  });

  app.get<ById>("/v1/files/:file_id/url", { config: { readsQuery: true } }, async (request) => {
    const { expiry } = parse(fileUrlQuery, request.query, "query");
    const { id } = find(request);
    const expires = Math.floor(Date.now() / 1000) + expiry * 3600;
    return { url: `${baseUrlOf(request, publicUrl)}${signer.sign(`/v1/files/${id}/content`, expires)}` };
  });

  app.get<ById>(
    "/v1/files/:file_id/content",
    { config: { signedUrl: true, readsQuery: true } },
    async (request, reply) => {
      const { expires, signature } = parse(contentQuery, request.query, "query");
      const { file_id } = request.params;
      let file: StoredFile;
      if (expires === undefined || signature === undefined) {
        setCaller(request, reply, callers.authenticate(request));
        file = find(request);
      } else if (signer.verifies(`/v1/files/${file_id}/content`, expires, signature)) {
        file = found(files.get(file_id));
      } else {
        throw new ApiError(403, "The URL has expired, or its signature is invalid; request a new URL");
      }
      connections.prove(request.socket);
      return (
        reply
          .type("application/octet-stream")
          .header("content-length", file.bytes)
          .header("content-disposition", `attachment; filename*=UTF-8''${encodeURIComponent(file.filename)}`)
          // Fastify would read the whole stream, and discard it.
          .send(request.method === "HEAD" ? Readable.from([]) : createReadStream(files.path(file.id)))
      );
    },
  );
}
