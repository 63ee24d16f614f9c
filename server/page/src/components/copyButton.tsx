import { useState } from "preact/hooks";
import { copyText } from "../clipboard";

type Result = "copied" | "failed";

/** Copies a text. `label` says what: "Copy model ID". */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const [result, setResult] = useState<Result>();
  const copy = async () => {
    setResult((await copyText(text)) ? "copied" : "failed");
    setTimeout(() => setResult(undefined), 2000);
  };
  return (
    <span class="copy-button">
      <button type="button" aria-label={label} title={label} onClick={copy}>
        <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
          <path d={SHAPES[result ?? "idle"]} fill="none" stroke="currentColor" stroke-width="1.5" />
        </svg>
      </button>
      <span class="hidden" role="status">
        {result === "copied" && "Copied"}
        {result === "failed" && "The browser did not allow copying"}
      </span>
    </span>
  );
}

const SHAPES: Record<Result | "idle", string> = {
  idle: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  copied: "M3 8.5l3.5 3.5l6.5-8",
  failed: "M4 4l8 8M12 4l-8 8",
};
