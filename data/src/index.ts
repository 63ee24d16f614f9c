export { chunksOf, fileChunks } from "./fileChunks";
export { type InspectOptions, inspect } from "./inspection/inspect";
export {
  CHARACTERS_PER_TOKEN,
  type Count,
  charactersOf,
  type FileReport,
  type Finding,
  RULES_VERSION,
} from "./inspection/report";
export { SampleIndex } from "./inspection/sampleIndex";
export { isLfsPointer } from "./lfsPointer";
export { isNestedDeeper, MAX_DEPTH } from "./limits";
export { checkSample, type Rules, type Target } from "./sample";
export { withinSkipShare } from "./skipShare";
export { LineSplitter, MAX_LINE_BYTES } from "./splitter";
export { CheckThreads } from "./threads/checkThreads";
export { SampleError } from "./values";
