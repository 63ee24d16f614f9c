import { useEffect, useRef, useState } from "preact/hooks";

/** A request after each letter would be wasted while the user types. In milliseconds. */
const DELAY = 200;

/** A search field, which the key `/` focuses. Reports its text when the user pauses, or presses Enter. */
export function SearchBox(props: { label: string; value: string; onChange: (text: string) => void }) {
  const { label, value, onChange } = props;
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(value);
  const report = useRef(onChange);
  report.current = onChange;

  /** The text that was reported last and is not the value yet. What the user types meanwhile must not be lost. */
  const reported = useRef<string | undefined>(undefined);
  const send = () => {
    reported.current = text;
    report.current(text);
  };

  // The address can change otherwise, for example with the back button.
  useEffect(() => {
    if (reported.current !== value) setText(value);
    reported.current = undefined;
  }, [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(send, DELAY);
    return () => clearTimeout(timer);
  }, [text, value]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTypedInto(event.target)) return;
      event.preventDefault();
      input.current?.select();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);

  return (
    <input
      ref={input}
      class="search"
      type="search"
      aria-label={label}
      aria-keyshortcuts="/"
      placeholder={`${label}  ( / )`}
      autocomplete="off"
      spellcheck={false}
      value={text}
      onInput={(event) => setText(event.currentTarget.value)}
      onKeyDown={(event) => event.key === "Enter" && send()}
    />
  );
}

const isTypedInto = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest("input:not([type=checkbox]), textarea, select, dialog") !== null;
