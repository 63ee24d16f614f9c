/** Stands where data will be. Appears only when the data takes long. */
export function Loading() {
  return (
    <p class="loading" role="status">
      Loading…
    </p>
  );
}
