import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { visibleText } from "#common/visibleText";
import type { RequestError } from "../api/request";
import { focusHeading } from "../focusHeading";

interface Props {
  title: string;
  /** What the button says that confirms. */
  confirm: string;
  children: ComponentChildren;
  onConfirm: () => Promise<void>;
  onClose: () => void;
}

/** Asks before something that cannot be undone. The focus returns to where it was, or after a success to the heading. */
export function ConfirmDialog({ title, confirm, children, onConfirm, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const [error, setError] = useState<RequestError>();
  const [isSending, setSending] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);
  const send = async () => {
    setSending(true);
    setError(undefined);
    try {
      await onConfirm();
      dialog.current?.close();
      // The button that had the focus is about to disappear.
      focusHeading();
    } catch (failure) {
      setError(failure as RequestError);
      setSending(false);
    }
  };
  return (
    <dialog ref={dialog} aria-labelledby={titleId} onClose={onClose}>
      <h2 id={titleId}>{title}</h2>
      {children}
      {error && (
        <p class="error" role="alert">
          {visibleText(error.message)}
        </p>
      )}
      <p class="actions dialog-actions">
        <button type="button" onClick={() => dialog.current?.close()}>
          Back
        </button>
        <button type="button" class="primary" disabled={isSending} onClick={send}>
          {confirm}
        </button>
      </p>
    </dialog>
  );
}
