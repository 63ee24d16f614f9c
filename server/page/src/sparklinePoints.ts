/** Distance of the curve from the edges, so that the line is not cut. */
const MARGIN = 2;

/**
 * Returns the points of an SVG `polyline` that draws the values over the whole width and height. Equal values are drawn in
 * the middle. Empty for fewer than two finite values.
 */
export function sparklinePoints(values: readonly number[], width: number, height: number): string {
  const finite = values.filter(Number.isFinite);
  if (finite.length < 2) return "";
  const least = Math.min(...finite);
  const range = Math.max(...finite) - least;
  const x = (index: number) => MARGIN + (index / (finite.length - 1)) * (width - 2 * MARGIN);
  const y = (value: number) => {
    const share = range === 0 ? 0.5 : (value - least) / range;
    return height - MARGIN - share * (height - 2 * MARGIN);
  };
  return finite.map((value, index) => `${round(x(index))},${round(y(value))}`).join(" ");
}

const round = (value: number): number => Math.round(value * 10) / 10;
