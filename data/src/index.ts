export { chunksOf, fileChunks } from "./fileChunks";
export { type InspectOptions, inspect } from "./inspector";
export { isLfsPointer } from "./lfsPointer";
export { CHARACTERS_PER_TOKEN, type Count, charactersOf, type FileReport, type Finding, RULES_VERSION } from "./report";
export { checkSample, type Rules, type Target } from "./sample";
export { SampleIndex } from "./sampleIndex";
export { withinSkipShare } from "./skipShare";
export { LineSplitter, MAX_LINE_BYTES } from "./splitter";
export { SampleError } from "./values";
