import { formatCount } from "#common/format";
import { visibleText } from "#common/visibleText";
import { formatShare } from "../../../charts/valueFormat";
import type { Confusion } from "../jobReply";
import { confusionRows, mistakesOf } from "./confusion";

/** The most frequent mistakes are named below the table. */
const MISTAKES = 3;

/** Which labels a classifier gave to the samples of each true label. Darker: a larger share of the row. */
export function ConfusionMatrix({ title, confusion }: { title: string; confusion: Confusion }) {
  const mistakes = mistakesOf(confusion, MISTAKES);
  return (
    <div class="confusion">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable with the keyboard */}
      <section class="scroll" tabIndex={0} aria-label={`${title}: table`}>
        <table>
          <caption>{title}</caption>
          <thead>
            <tr>
              <th scope="col">True ↓ given →</th>
              {confusion.labels.map((label) => (
                <th key={label} scope="col">
                  {visibleText(label)}
                </th>
              ))}
              <th scope="col">Correct</th>
            </tr>
          </thead>
          <tbody>
            {confusionRows(confusion).map(({ label, cells, recall }) => (
              <tr key={label}>
                <th scope="row">{visibleText(label)}</th>
                {cells.map(({ count, share, isCorrect }, column) => (
                  <td
                    key={confusion.labels[column]}
                    class={`cell ${isCorrect ? "correct" : "wrong"}`}
                    style={{ "--share": count === 0 ? "0" : (0.12 + 0.4 * share).toFixed(2) }}
                  >
                    {formatCount(count)}
                  </td>
                ))}
                <td>{recall === undefined ? "–" : formatShare(recall)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {mistakes.length > 0 && (
        <p class="muted">
          Most frequent mistakes:{" "}
          {mistakes
            .map(
              ({ label, predicted, count }) =>
                `${visibleText(label)} as ${visibleText(predicted)} (${formatCount(count)})`,
            )
            .join(", ")}
          .
        </p>
      )}
    </div>
  );
}
