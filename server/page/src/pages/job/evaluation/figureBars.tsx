import { formatLoss, formatShare } from "../../../charts/valueFormat";
import type { Evaluation, TargetFigures } from "../jobReply";
import { type ComparedFigure, compareFigures } from "./figures";

interface Props {
  title: string;
  figures: Evaluation | { base?: TargetFigures; tuned?: TargetFigures };
  /** The accuracy of always giving the most frequent answer. */
  majority: number | undefined;
}

/** A table of the figures of both models, with a bar for each. */
export function FigureBars({ title, figures, majority }: Props) {
  return (
    <div class="figures">
      <table>
        <caption class="hidden">{title}</caption>
        <thead>
          <tr>
            <th scope="col">Figure</th>
            <th scope="col">Base</th>
            <th scope="col">Tuned</th>
            <th scope="col">Change</th>
          </tr>
        </thead>
        <tbody>
          {compareFigures(figures).map((figure) => (
            <tr key={figure.name}>
              <th scope="row">{figure.label}</th>
              <Value figure={figure} index={0} />
              <Value figure={figure} index={1} />
              <td>
                <Improvement figure={figure} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {majority !== undefined && (
        <p class="muted">Always giving the most frequent answer has an accuracy of {formatShare(majority)}.</p>
      )}
    </div>
  );
}

function Value({ figure, index }: { figure: ComparedFigure; index: 0 | 1 }) {
  const value = index === 0 ? figure.base : figure.tuned;
  return (
    <td>
      {value === undefined ? <span class="muted">not yet</span> : formatFigure(figure, value)}
      <span class={`bar bar-${index === 0 ? "base" : "tuned"}`} aria-hidden="true">
        <span style={{ width: `${(figure.bars[index] * 100).toFixed(1)}%` }} />
      </span>
    </td>
  );
}

/** By shape, word and colour. */
function Improvement({ figure }: { figure: ComparedFigure }) {
  const { improvement } = figure;
  if (improvement === undefined) return <span class="muted">–</span>;
  const amount = figure.isShare
    ? `${(Math.abs(improvement) * 100).toFixed(1)} points`
    : formatLoss(Math.abs(improvement));
  if (Math.abs(improvement) < 0.0005) return <span>unchanged</span>;
  return improvement > 0 ? (
    <span class="better">
      <span aria-hidden="true">▲ </span>better by {amount}
    </span>
  ) : (
    <span class="worse">
      <span aria-hidden="true">▼ </span>worse by {amount}
    </span>
  );
}

const formatFigure = ({ isShare }: ComparedFigure, value: number): string =>
  isShare ? formatShare(value) : formatLoss(value);
