import type { DataDiff, FileSummary, ShownSample } from "./dataDiff";
