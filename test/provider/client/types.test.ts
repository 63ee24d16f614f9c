import assert from "node:assert/strict";
import type { z } from "zod";
import type * as schemas from "../../../provider/src/client/schemas";
import type * as types from "../../../provider/src/client/types.generated";
import type { JobOutputs } from "../../../provider/src/resource/types.generated";
import type { outputsSchema } from "../../../provider/src/schema/outputs";

/** The types generated from the schemas, by the schemas' names. */
interface Generated {
  approvalMissSchema: types.ApprovalMiss;
  archivedSchema: types.Archived;
  capabilitiesSchema: types.Capabilities;
  checkpointSchema: types.Checkpoint;
  classifierTargetSchema: types.ClassifierTarget;
  deletedSchema: types.Deleted;
  detailedJobSchema: types.DetailedJob;
  evaluationFiguresSchema: types.EvaluationFigures;
  fileListSchema: types.FileList;
  fileSchema: types.File;
  holdSchema: types.Hold;
  hyperparametersSchema: types.Hyperparameters;
  integrationSchema: types.Integration;
  jobEventSchema: types.JobEvent;
  jobEvaluationSchema: types.JobEvaluation;
  jobListSchema: types.JobList;
  jobMetadataSchema: types.JobMetadata;
  jobSchema: types.Job;
  metricPageSchema: types.MetricPage;
  metricPointSchema: types.MetricPoint;
  modelListSchema: types.ModelList;
  modelSchema: types.Model;
  onDemandEvaluationSchema: types.OnDemandEvaluation;
  repositorySchema: types.Repository;
  sampleAnswerListSchema: types.SampleAnswerList;
  sampleAnswerSchema: types.SampleAnswer;
  shownRowListSchema: types.ShownRowList;
  shownRowSchema: types.ShownRow;
  signedUrlSchema: types.SignedUrl;
}

/** Expands a type recursively, so that two types can be compared. */
type Expanded<T> = T extends string ? T : T extends object ? { [Key in keyof T]: Expanded<T[Key]> } : T;
type Equal<A, B> =
  (<T>() => T extends Expanded<A> ? 1 : 2) extends <T>() => T extends Expanded<B> ? 1 : 2 ? true : false;

type Schemas = typeof schemas;
type Differing = {
  [Name in keyof Schemas]: Equal<z.output<Schemas[Name]>, Generated[Name]> extends true ? never : Name;
}[keyof Schemas];

describe("the generated types", () => {
  // The compiler runs this test: its error names the schema that differs.
  it("equal the schemas' types", () => {
    const allEqual: [Differing] extends [never] ? true : Differing = true;
    const outputsEqual: Equal<z.output<typeof outputsSchema>, JobOutputs> = true;
    assert.ok(allEqual && outputsEqual);
  });
});
