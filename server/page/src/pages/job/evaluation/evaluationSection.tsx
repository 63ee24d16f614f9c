import { visibleText } from "#common/visibleText";
import { useResource } from "../../../api/useResource";
import type { Evaluation, JobReply } from "../jobReply";
import { ConfusionMatrix } from "./confusionMatrix";
import { FigureBars } from "./figureBars";
import { compareTargets } from "./figures";
import { SampleAnswersBox } from "./sampleAnswersBox";

interface Props {
  job: JobReply;
  hasSamples: boolean;
}

/** What the training has changed: the base model against the tuned model, on the validation data. */
export function EvaluationSection({ job, hasSamples }: Props) {
  const { evaluation } = job;
  const isClassifier = job.job_type === "classifier";
  if (evaluation === undefined) return null;
  return (
    <section class="panel" aria-labelledby="evaluation">
      <h2 id="evaluation">Evaluation: base → tuned</h2>
      <p class="muted">
        Measured on the validation data{job.metadata.simulated && " (made up)"}.
        {evaluation.tuned && ` The tuned model is the checkpoint of step ${evaluation.tuned.step}.`}
      </p>
      <FigureBars figures={evaluation} title="Figures" majority={evaluation.tuned?.majority_accuracy} />
      {isClassifier && <Targets jobId={job.id} key={evaluation.tuned?.step} />}
      {hasSamples && <SampleAnswersBox job={job} />}
    </section>
  );
}

/** Each target of a classifier. */
function Targets({ jobId }: { jobId: string }) {
  const { data } = useResource<Evaluation>(`v1/fine_tuning/jobs/${encodeURIComponent(jobId)}/evaluation`);
  if (data === undefined) return null;
  return (
    <>
      {compareTargets(data).map(({ name, base, tuned, majority, confusion }) => (
        <section key={name} class="target" aria-label={`Target ${visibleText(name)}`}>
          <h3>Target {visibleText(name)}</h3>
          <div class="target-figures">
            <FigureBars
              figures={{ ...(base && { base }), ...(tuned && { tuned }) }}
              title={`Figures of the target ${visibleText(name)}`}
              majority={majority}
            />
            {confusion && (
              <ConfusionMatrix
                confusion={confusion}
                title={`${visibleText(name)}: answers of the ${tuned ? "tuned" : "base"} model`}
              />
            )}
          </div>
        </section>
      ))}
    </>
  );
}
