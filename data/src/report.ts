import type { Characters } from "./sample";
import type { Place } from "./sampleIndex";

/** Something about one line. */
export interface Finding {
  /** From 1, as editors count. */
  line: number;
  /** The field and what was expected of it: `messages[2].role: expected "assistant" after "user", found "user"`. */
  message: string;
}

/** A kind of finding: how many there are, and the first. */
export interface Count {
  count: number;
  /** The line of the first, from 1. */
  first: number;
}

/** What one pass over a data file has found. */
export interface FileReport {
  bytes: number;
  /** SHA-256 of the content, in hex. */
  sha256: string;
  /** Samples that are good. */
  good: number;
  /** Samples that are bad: all of them are counted, the first 20 are in `findings`. */
  bad: number;
  findings: Finding[];
  /** Of the good samples; roles that say nothing are left out. */
  characters: Partial<Characters>;
  /** The longest good sample, in characters. */
  longest: { line: number; characters: number };
  /** Things that a trainer takes, and that are rarely meant. */
  oddities: {
    byteOrderMark: boolean;
    crlf?: Count;
    blank?: Count;
    noFinalNewline: boolean;
    /** Samples that were there before, byte for byte; `of` is where the first of them was. */
    duplicates?: Count & { of: Place };
    /** Samples that are in the other data as well, byte for byte. */
    shared?: Count;
    /** Only so many samples were held against each other: the memory for more is not taken. */
    comparedUpTo?: number;
  };
}

/** Goes up when the same data would get another report: a report that was kept is then no longer used. */
export const RULES_VERSION = 2;

/** Findings beyond these are counted, not listed. */
export const LISTED_FINDINGS = 20;

/** An estimate, good for European languages: a token is about so many characters. */
export const CHARACTERS_PER_TOKEN = 4;

/** All characters of the samples, whoever says them. */
export function charactersOf({ characters }: Pick<FileReport, "characters">): number {
  return Object.values(characters).reduce((sum, each) => sum + each, 0);
}
