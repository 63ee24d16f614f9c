export { type InspectOptions, inspect } from "./inspector";
export { CHARACTERS_PER_TOKEN, type Count, charactersOf, type FileReport, type Finding, RULES_VERSION } from "./report";
export type { Rules, Target } from "./sample";
export { SampleIndex } from "./sampleIndex";
export { MAX_LINE_BYTES } from "./splitter";
