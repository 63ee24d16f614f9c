import { shortIds } from "../jobs/readJob";
import { visibleLine } from "../marks";
import type { Comparison, Row } from "./comparison";
import { rounded } from "./facts";

export interface Section {
  title: string;
  /** The name of the value, then one cell for each job. */
  rows: string[][];
}

/** The texts of a comparison, for the terminal and for Markdown. */
export interface Report {
  header: string[];
  sections: Section[];
}

export function reportOf({ jobs, declarations, figures }: Comparison): Report {
  const section = (title: string, rows: Row[]): Section => ({ title, rows: rows.map(cellsOf) });
  const sections = [
    section(
      "Declarations that differ",
      declarations.filter((row) => row.differs),
    ),
    section("Figures", figures),
    section(
      "The same in all jobs",
      declarations.filter((row) => !row.differs),
    ),
  ];
  return { header: ["", ...shortIds(jobs)], sections: sections.filter(({ rows }) => rows.length > 0) };
}

function cellsOf({ name, values, differs }: Row): string[] {
  const cells = values.map((value) =>
    value === null ? "–" : visibleLine(typeof value === "number" ? rounded(value) : value),
  );
  // A value that all jobs share is written once.
  return [visibleLine(name), ...(differs ? cells : cells.map((cell, index) => (index === 0 ? cell : '"')))];
}
