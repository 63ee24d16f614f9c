import type { FastifyInstance } from "fastify";
import { isNestedDeeper, MAX_DEPTH } from "#data";
import { UnprocessableError } from "./errors";

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Accepts only JSON bodies, except for uploads. An empty body counts as absent, because some clients send a content
 * type with every POST. Rejects non-UTF-8 text, which Fastify's own parser silently replaces, and deeply nested JSON, which
 * takes long to validate and can overflow the stack.
 */
export function acceptJson(app: FastifyInstance): void {
  const parseText = app.getDefaultJsonParser("error", "error");
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, body: Buffer, done) => {
    if (body.length === 0) {
      done(null, undefined);
      return;
    }
    let text: string;
    try {
      text = decoder.decode(body);
    } catch {
      done(invalid("The body is not valid UTF-8"));
      return;
    }
    if (isNestedDeeper(text, MAX_DEPTH)) {
      done(invalid(`The body is nested more than ${MAX_DEPTH} levels deep`));
      return;
    }
    void parseText(request, text, (error, value) => {
      // The parser's message quotes the body, which may contain a secret.
      done(
        error ? invalid("The body is not valid JSON, or has a field __proto__ or constructor.prototype") : null,
        value,
      );
    });
  });
}

function invalid(msg: string): UnprocessableError {
  return new UnprocessableError([{ loc: ["body"], msg, type: "json_invalid" }]);
}
