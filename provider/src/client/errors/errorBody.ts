import { formatCount } from "#common";
import { parseBoundedJson } from "../http/boundedJson";

/** The contents of an error body, independent of its shape. */
export interface ErrorBody {
  message?: string;
  type?: string;
  code?: string;
  param?: string;
  requestId?: string;
}

/**
 * Parses an error body. The API and the gateways in front of it use several shapes:
 * `{message, type, code}`; FastAPI's `{detail: string | [{loc, msg, type}]}`; `{object: "error", message, type, param,
 * code}`, whose `message` can in turn be an object with a `detail`; and `{error: {…}}` of compatible servers.
 *
 * @param redact applied to every text of the result
 * @returns undefined when the body has none of these shapes, so the reply may not come from the API
 */
export function parseErrorBody(text: string, redact: (text: string) => string): ErrorBody | undefined {
  let body: unknown;
  try {
    body = parseBoundedJson(text);
  } catch {
    return undefined;
  }
  const result = readBody(body);
  if (result.message === undefined && result.type === undefined && result.code === undefined) {
    return undefined;
  }
  return Object.fromEntries(
    Object.entries(result).map(([key, value]) => [
      key,
      shortened(redact(value), key === "message" ? LONGEST_MESSAGE : LONGEST_FIELD),
    ]),
  );
}

const LONGEST_MESSAGE = 4_000;
const LONGEST_FIELD = 200;
/** Further problems of a list are only counted. */
const SHOWN_PROBLEMS = 20;

const shortened = (text: string, longest: number) => (text.length > longest ? `${text.slice(0, longest)}…` : text);

function readBody(body: unknown): ErrorBody {
  if (!isRecord(body)) {
    return {};
  }
  if (isRecord(body.error)) {
    return readBody(body.error);
  }
  const fromDetail = readDetail(isRecord(body.message) ? body.message.detail : body.detail);
  return {
    ...fromDetail,
    ...text("message", body.message),
    ...text("type", body.type),
    ...text("code", body.code),
    ...text("param", body.param),
    ...text("requestId", body.request_id),
  };
}

function readDetail(detail: unknown): ErrorBody {
  if (!Array.isArray(detail)) {
    return text("message", detail);
  }
  const problems = detail
    .slice(0, SHOWN_PROBLEMS)
    .filter(isRecord)
    .map((problem) => ({
      // FastAPI starts each location with "body", "query" or "path".
      field: Array.isArray(problem.loc)
        ? problem.loc.filter((part, index) => index > 0 || !["body", "query", "path"].includes(String(part))).join(".")
        : "",
      message: String(problem.msg ?? problem.message ?? problem.type ?? "invalid"),
    }));
  const [first] = problems;
  if (first === undefined) {
    return {};
  }
  const more = detail.length - SHOWN_PROBLEMS;
  return {
    message:
      problems.map(({ field, message }) => (field === "" ? message : `${field}: ${message}`)).join("; ") +
      (more > 0 ? ` and ${formatCount(more)} more` : ""),
    ...(first.field === "" ? {} : { param: first.field }),
  };
}

function text(key: keyof ErrorBody, value: unknown): ErrorBody {
  return (typeof value === "string" && value !== "") || typeof value === "number" ? { [key]: String(value) } : {};
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
