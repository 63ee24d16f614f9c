import type { Characters } from "../sample";
import type { Place } from "./sampleIndex";

/** A problem in one line. */
export interface Finding {
  /** The line number, from 1. */
  line: number;
  /** The field, the expected value and the actual value: `messages[2].role: expected "assistant" after "user", found "user"`. */
  message: string;
}

/** How often a property occurs in a file, and its first line. */
export interface Count {
  count: number;
  /** The line of the first occurrence, from 1. */
  first: number;
}

/** Counts a property that occurs in a line. */
export const increment = (before: Count | undefined, line: number): Count => ({
  count: (before?.count ?? 0) + 1,
  first: before?.first ?? line,
});

/** The result of checking one data file. */
export interface FileReport {
  bytes: number;
  /** SHA-256 of the content, in hex. */
  sha256: string;
  /** The number of valid samples. */
  validSamples: number;
  /** The number of invalid samples. */
  invalidSamples: number;
  /** The first 20 invalid samples. */
  findings: Finding[];
  /** The characters of the valid samples, by role. Roles without any characters are left out. */
  characters: Partial<Characters>;
  /** The longest valid sample, in characters. */
  longest: { line: number; characters: number };
  /** Properties of the file that a trainer accepts, but that are rarely intended. */
  warnings: {
    byteOrderMark: boolean;
    crlf?: Count;
    blank?: Count;
    noFinalNewline: boolean;
    /** Samples that repeat an earlier sample byte for byte. `firstOriginal` is the sample that the first duplicate repeats. */
    duplicates?: Count & { firstOriginal: Place };
    /** Samples of a validation file that are also in the training data, byte for byte. */
    shared?: Count;
    /** Set only when the index was full: the number of samples that were compared. */
    comparedUpTo?: number;
  };
}

/** Increase this whenever the same data gets a different report: it invalidates cached reports. */
export const RULES_VERSION = 5;

/** Invalid samples beyond this number are counted, but not listed. */
export const LISTED_FINDINGS = 20;

/** The average number of characters in a token. An estimate that fits European languages. */
export const CHARACTERS_PER_TOKEN = 4;

/** Returns the total number of characters of all roles. */
export function charactersOf({ characters }: Pick<FileReport, "characters">): number {
  return Object.values(characters).reduce((sum, each) => sum + each, 0);
}
