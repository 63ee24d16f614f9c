import { z } from "zod";
import { optional } from "../../domain/fields";
import { JobStatus } from "../../domain/status";
import { paging, param } from "./common";

export const createJobQuery = z.strictObject({ dry_run: param.boolean.default(false) });

/** An ISO 8601 date or date-time, in UTC unless it has an offset. Parsed to milliseconds since 1970. */
const instant = z
  .union([z.iso.date(), z.iso.datetime({ offset: true, local: true })], "Must be an ISO 8601 date or date-time")
  .transform((value) =>
    Date.parse(/T.*(Z|[+-]\d\d:?\d\d)$/i.test(value) || !value.includes("T") ? value : `${value}Z`),
  );

export const listJobsQuery = z.strictObject({
  ...paging,
  model: optional(param.text),
  created_after: optional(instant),
  created_before: optional(instant),
  created_by_me: param.boolean.default(false),
  status: optional(JobStatus),
  wandb_project: optional(param.text),
  wandb_name: optional(param.text),
  suffix: optional(param.text),
});
