import { JobRow } from "./jobRow";
import type { Row } from "./keepPlaces";
import { MAX_COMPARED } from "./query";

interface Props {
  rows: readonly Row[];
  selected: readonly string[];
  onSelect(id: string): void;
}

export function JobsTable({ rows, selected, onSelect }: Props) {
  return (
    <table class="cards">
      <caption class="hidden">Fine-tuning jobs, newest first</caption>
      <thead>
        <tr>
          <th scope="col" class="job-select">
            <span class="hidden">Select</span>
          </th>
          <th scope="col">Job</th>
          <th scope="col" class="medium">
            Status
          </th>
          <th scope="col" class="medium">
            Model
          </th>
          <th scope="col" class="wide">
            Loss
          </th>
          <th scope="col" class="number narrow">
            Time
          </th>
          <th scope="col" class="number narrow">
            Cost
          </th>
          <th scope="col" class="narrow job-owner">
            Owner
          </th>
          <th scope="col" class="number narrow">
            Created
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <JobRow
            key={row.job.id}
            {...row}
            isSelected={selected.includes(row.job.id)}
            canSelect={selected.length < MAX_COMPARED}
            onSelect={() => onSelect(row.job.id)}
          />
        ))}
      </tbody>
    </table>
  );
}
