/** Converts milliseconds to whole Unix seconds, the time format of the API. */
export function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
