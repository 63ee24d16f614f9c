import { useState } from "preact/hooks";
import { visibleText } from "#common/visibleText";
import { useResource } from "../../../api/useResource";
import { ErrorBox } from "../../../components/errorBox";
import { Loading } from "../../../components/loading";
import type { JobReply, SampleAnswer, SampleAnswers } from "../jobReply";
import { promptText } from "./promptText";

/** Answers of both models to the same validation prompts. They contain training data: loaded only on demand. */
export function SampleAnswersBox({ job }: { job: JobReply }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details class="samples" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Sample answers (from the validation data)</summary>
      {isOpen && <Answers job={job} />}
    </details>
  );
}

function Answers({ job }: { job: JobReply }) {
  const route = `v1/fine_tuning/jobs/${encodeURIComponent(job.id)}/evaluation/samples`;
  const { data, error, reload } = useResource<SampleAnswers>(route);
  if (error !== undefined) return <ErrorBox error={error} retry={reload} />;
  if (data === undefined) return <Loading />;
  const tuned = job.fine_tuned_model ?? "the model of this job";
  return (
    <ol class="answers">
      {data.data.map((sample, index) => (
        <li key={index}>
          <Answer sample={sample} base={job.model} tuned={tuned} />
        </li>
      ))}
    </ol>
  );
}

/** Each answer names the model that has produced it. */
function Answer({ sample, base, tuned }: { sample: SampleAnswer; base: string; tuned: string }) {
  const boxes: [title: string, model: string | undefined, text: string][] = [
    ["Base model", base, sample.base],
    ["Tuned model", tuned, sample.tuned],
    ["Reference answer", undefined, sample.reference],
  ];
  return (
    <>
      <h3>Prompt</h3>
      <p class="text">{visibleText(promptText(sample.prompt))}</p>
      <div class="answer-boxes">
        {boxes.map(([title, model, text]) => (
          <div key={title} class="answer">
            <h4>
              {title}
              {model !== undefined && <small> {visibleText(model)}</small>}
            </h4>
            <p class="text">{visibleText(text) || <em>empty answer</em>}</p>
          </div>
        ))}
      </div>
    </>
  );
}
