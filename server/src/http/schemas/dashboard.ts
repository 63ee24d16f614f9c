import { z } from "zod";
import { optional } from "../../domain/fields";
import { JobStatus } from "../../domain/status";
import { paging, param } from "./common";

/** An empty field of the page's form filters nothing. */
const filter = z.preprocess(
  (value) => (typeof value === "string" && value.trim() === "" ? undefined : value),
  optional(param.text),
);

export const dashboardQuery = z.strictObject({
  ...paging,
  page_size: param.integer(1, 100).default(50),
  status: optional(param.list(JobStatus)),
  model: filter,
  search: filter.transform((text) => text?.trim()),
  mine: param.boolean.default(false),
});
