import type { Finding, Verdict } from "./verdict";

const columns = ["duplicate", "lost id", "stuck"] as const satisfies readonly Finding["kind"][];

/** Formats the results: a table with one row for each kind of fault, and the command that repeats each failed case. */
export function report(verdicts: readonly Verdict[]): string {
  const rows = [...new Set(verdicts.map(({ row }) => row))].map((row) =>
    line(row, verdicts, (each) => each.row === row),
  );
  const failed = verdicts.filter(({ findings }) => findings.length > 0);
  const interrupted = verdicts.flatMap(({ interruptedSeconds = [] }) => interruptedSeconds);
  return [
    "| Fault | Cases | Duplicates | Lost IDs | Stuck runs |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
    line("all", verdicts, () => true),
    ...(interrupted.length > 0
      ? ["", `After SIGINT, every command exited within ${Math.max(...interrupted).toFixed(1)} s.`]
      : []),
    ...failed.flatMap(({ name, again, findings }) => [
      "",
      `${name}: npm run test:crash -- ${again}`,
      ...findings.map(({ kind, text }) => `  ${kind}: ${text.replaceAll("\n", "\n    ")}`),
    ]),
  ].join("\n");
}

function line(title: string, verdicts: readonly Verdict[], counts: (verdict: Verdict) => boolean): string {
  const counted = verdicts.filter(counts);
  const figures = columns.map(
    (kind) => counted.filter(({ findings }) => findings.some((it) => it.kind === kind)).length,
  );
  return `| ${[title, counted.length, ...figures].join(" | ")} |`;
}
