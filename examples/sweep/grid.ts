/** The values to try, by the name of the hyperparameter. */
export type Grid<Values> = { [Name in keyof Values]: readonly Values[Name][] };

/**
 * Returns every combination of the values.
 *
 * @example
 * combinations({ learningRate: [1e-4, 3e-4], trainingSteps: [50] });
 * // [{ learningRate: 1e-4, trainingSteps: 50 }, { learningRate: 3e-4, trainingSteps: 50 }]
 */
export function combinations<Values extends Record<string, number>>(grid: Grid<Values>): Values[] {
  const entries = Object.entries(grid) as [string, readonly number[]][];
  return entries.reduce<Record<string, number>[]>(
    (rows, [name, values]) => rows.flatMap((row) => values.map((value) => ({ ...row, [name]: value }))),
    [{}],
  ) as Values[];
}
