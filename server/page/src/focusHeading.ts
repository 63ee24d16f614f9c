/** Moves the focus to the heading of a page that has just been opened, so that screen readers announce it. */
export function focusHeading(): void {
  const target = document.querySelector<HTMLElement>("main h1") ?? document.getElementById("main");
  if (target === null) return;
  target.tabIndex = -1;
  target.focus({ preventScroll: true });
}
