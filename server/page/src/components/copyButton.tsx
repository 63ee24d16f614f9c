import { useState } from "preact/hooks";

/** Copies a text. `label` says what: "Copy the model's ID". */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
  };
  return (
    <button type="button" class="copy" aria-label={label} title={label} onClick={copy}>
      <span aria-live="polite">{copied ? "copied" : "copy"}</span>
    </button>
  );
}
