/** Placeholder while data is loading. Appears only when that takes long. */
export function Loading() {
  return (
    <p class="loading" role="status">
      Loading…
    </p>
  );
}
