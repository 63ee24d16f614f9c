import multipart from "@fastify/multipart";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { FilePurpose, SampleType } from "../../domain/file";
import type { Received } from "../../store/blobs";
import { ApiError, UnprocessableError } from "../errors";
import { fileReply } from "../replies/files";
import { uploadParts } from "../schemas/files";
import { parse } from "../schemas/parse";
import type { Services } from "../services";

interface Upload {
  fields: Record<string, unknown>;
  filename: string;
  mimetype: string;
  received: Received;
}

/** `POST /v1/files`: streams the file to disk, in constant memory, whatever its size. */
export async function uploadRoute(app: FastifyInstance, services: Services): Promise<void> {
  await app.register(multipart, {
    // The blob store counts the bytes: it can tell a file of the greatest size from one that is larger.
    limits: { fileSize: Number.POSITIVE_INFINITY, fields: 10, fieldSize: 1024, files: 2, headerPairs: 50 },
  });

  app.post("/v1/files", async (request) => {
    const upload = await receive(request, services);
    try {
      const { purpose, file: filename } = parse(uploadParts, { ...upload.fields, file: upload.filename }, "body");
      if (purpose === "fine-tune" && !/\.jsonl$/i.test(filename)) {
        refuse("file", "Must be a .jsonl file, and be named so, for purpose fine-tune");
      }
      if (upload.received.bytes === 0) {
        refuse("file", "Must not be empty");
      }
      const sample_type = sampleType(purpose, upload.received.head);
      const description = { owner: request.owner, filename, purpose, sample_type, mimetype: upload.mimetype };
      const file = await services.files.add(description, upload.received);
      services.metrics.countUpload(file.bytes);
      return fileReply(file);
    } catch (error) {
      await services.blobs.discard(upload.received);
      throw error;
    }
  });
}

/** Reads the parts in whatever order they come. */
async function receive(request: FastifyRequest, { blobs, maxFileBytes }: Services): Promise<Upload> {
  const fields: Record<string, unknown> = {};
  let file: Omit<Upload, "fields"> | undefined;
  try {
    for await (const part of request.parts()) {
      if (part.type === "field") {
        if (part.fieldname in fields) {
          refuse(part.fieldname, "Must be given once");
        }
        fields[part.fieldname] = part.value;
      } else if (part.fieldname !== "file" || file !== undefined) {
        part.file.resume();
        refuse(part.fieldname, file === undefined ? "Unknown field" : "One file at a time");
      } else {
        const received = await blobs.receive(part.file, maxFileBytes);
        file = { filename: part.filename, mimetype: part.mimetype, received };
      }
    }
    if (file === undefined) {
      refuse("file", "Field required");
    }
    return { fields, ...file };
  } catch (error) {
    // Read to the end all the same: most clients look for the reply only when they have sent everything.
    request.raw.unpipe();
    request.raw.resume();
    if (file !== undefined) {
      await blobs.discard(file.received);
    }
    throw isOurs(error) ? error : malformed(error as Error);
  }
}

function refuse(field: string, msg: string): never {
  throw new UnprocessableError([{ loc: ["body", field], msg, type: "value_error" }]);
}

/** What goes wrong with the disk has a system call's name; all else that multipart parsers throw is about the request. */
function isOurs(error: unknown): boolean {
  return error instanceof ApiError || (error instanceof Error && "syscall" in error);
}

function malformed(error: Error): UnprocessableError {
  const msg = `Not a complete multipart/form-data body: ${error.message}`;
  return new UnprocessableError([{ loc: ["body"], msg, type: "multipart_invalid" }]);
}

/** What the first sample looks like; the data itself is checked when a job uses it. */
function sampleType(purpose: FilePurpose, head: string): SampleType {
  if (purpose === "batch") {
    return "batch_request";
  }
  return head.includes('"messages"') || head.includes('"labels"') ? "instruct" : "pretrain";
}
