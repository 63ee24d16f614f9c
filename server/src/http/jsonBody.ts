import type { FastifyInstance } from "fastify";
import { UnprocessableError } from "./errors";

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Makes JSON the one type of body besides uploads. An empty one is no body: some clients send a content type with every
 * POST. Text that is not UTF-8 is refused; Fastify's own parser would repair it silently.
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
      done(invalid("The body is not UTF-8"));
      return;
    }
    void parseText(request, text, (error, value) => {
      // The parser's own message quotes the body, which may hold a secret.
      done(error ? invalid("The body is not JSON, or has a field __proto__ or constructor.prototype") : null, value);
    });
  });
}

function invalid(msg: string): UnprocessableError {
  return new UnprocessableError([{ loc: ["body"], msg, type: "json_invalid" }]);
}
