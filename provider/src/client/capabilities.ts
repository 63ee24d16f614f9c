import { ApiError } from "./errors/apiErrors";
import { InvalidResponseError } from "./errors/errors";
import type { Http } from "./http/http";
import type { RequestOptions } from "./options";
import { capabilitiesSchema } from "./schemas";
import type { Capabilities } from "./types.generated";

const PATH = "/v1/fine_tuning/capabilities";

/** How servers answer a request to a route that they do not have. A gateway's reply may not have the form of an API error. */
const NO_ROUTE = [404, 405, 501];

export async function askCapabilities(http: Http, options?: RequestOptions): Promise<Capabilities> {
  try {
    return await http.json(capabilitiesSchema, { method: "GET", path: PATH, repeatable: true }, options);
  } catch (error) {
    const status = error instanceof ApiError || error instanceof InvalidResponseError ? error.status : undefined;
    if (status === undefined || !NO_ROUTE.includes(status)) throw error;
    return capabilitiesSchema.parse({ features: {} });
  }
}
