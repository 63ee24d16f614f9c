import multipart from "@fastify/multipart";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { TooLargeError } from "../../domain/errors";
import type { FilePurpose, SampleType } from "../../domain/file";
import type { ReceivedUpload } from "../../store/blobs";
import { ApiError, UnprocessableError } from "../errors";
import { fileReply } from "../replies/files";
import { uploadParts } from "../schemas/files";
import { parse } from "../schemas/parse";
import type { Services } from "../services";

interface Upload {
  fields: Record<string, unknown>;
  filename: string;
  mimetype: string;
  received: ReceivedUpload;
}

/** RFC 6838 limits each of the two names of a media type to 127 characters. Parameters may follow. */
const MAX_MIMETYPE_LENGTH = 256;

/** `POST /v1/files`: streams the file to disk. Memory use does not depend on the file size. */
export async function uploadRoute(app: FastifyInstance, services: Services): Promise<void> {
  await app.register(multipart, {
    // The blob store enforces the size limit. The parser's own limit also rejects a file of exactly the maximum size.
    limits: { fileSize: Number.POSITIVE_INFINITY, fields: 10, fieldSize: 1024, files: 2, headerPairs: 50 },
  });

  app.post("/v1/files", async (request) => {
    const upload = await receive(request, services);
    try {
      const { purpose, file: filename } = parse(uploadParts, { ...upload.fields, file: upload.filename }, "body");
      if (purpose === "fine-tune" && !/\.jsonl$/i.test(filename)) {
        reject("file", "The file name must end with .jsonl for purpose fine-tune");
      }
      if (upload.mimetype.length > MAX_MIMETYPE_LENGTH) {
        reject("file", `The content type must have at most ${MAX_MIMETYPE_LENGTH} characters`);
      }
      if (upload.received.bytes === 0) {
        reject("file", "Must not be empty");
      }
      const sample_type = sampleType(purpose, upload.received.head);
      const { workspace, owner } = request;
      const description = { workspace, owner, filename, purpose, sample_type, mimetype: upload.mimetype };
      const file = await services.files.add(description, upload.received);
      services.metrics.countUpload(file.bytes);
      return fileReply(file);
    } catch (error) {
      await services.blobs.discard(upload.received);
      throw error;
    }
  });
}

/** Reads the parts of the body in any order. */
async function receive(request: FastifyRequest, { blobs, maxFileBytes }: Services): Promise<Upload> {
  const fields: Record<string, unknown> = {};
  let file: Omit<Upload, "fields"> | undefined;
  try {
    for await (const part of request.parts()) {
      if (part.type === "field") {
        if (part.fieldname in fields) {
          reject(part.fieldname, "Must not be repeated");
        }
        fields[part.fieldname] = part.value;
      } else if (part.fieldname !== "file" || file !== undefined) {
        part.file.resume();
        reject(part.fieldname, file === undefined ? "Unknown field" : "Must contain one file only");
      } else {
        const received = await blobs.receive(part.file, maxFileBytes);
        file = { filename: part.filename, mimetype: part.mimetype, received };
      }
    }
    if (file === undefined) {
      reject("file", "Field required");
    }
    return { fields, ...file };
  } catch (error) {
    // Drain the request: most clients read the response only after they have sent the whole body.
    request.raw.unpipe();
    request.raw.resume();
    if (file !== undefined) {
      await blobs.discard(file.received);
    }
    throw isReportable(error) ? error : malformed(error as Error);
  }
}

function reject(field: string, msg: string): never {
  throw new UnprocessableError([{ loc: ["body", field], msg, type: "value_error" }]);
}

/** Disk errors have a `syscall`. Every other error of the multipart parser means that the body is malformed. */
function isReportable(error: unknown): boolean {
  return error instanceof ApiError || error instanceof TooLargeError || (error instanceof Error && "syscall" in error);
}

function malformed(error: Error): UnprocessableError {
  const msg = `Invalid multipart/form-data body: ${error.message}`;
  return new UnprocessableError([{ loc: ["body"], msg, type: "multipart_invalid" }]);
}

/** Guesses the type from the first sample. The data is validated when a job uses the file. */
function sampleType(purpose: FilePurpose, head: string): SampleType {
  if (purpose === "batch") {
    return "batch_request";
  }
  return head.includes('"messages"') || head.includes('"labels"') ? "instruct" : "pretrain";
}
