/** `"learningRate"` → `"learning_rate"` */
export type SnakeCase<S extends string> = S extends `${infer Head}${infer Tail}`
  ? `${Head extends Lowercase<Head> ? Head : `_${Lowercase<Head>}`}${SnakeCase<Tail>}`
  : S;

/** `learningRate` → `learning_rate` */
export const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Returns a copy of an object with its top-level keys in snake_case. */
export function withSnakeCaseKeys<T extends object>(
  object: T,
): { [Key in keyof T as SnakeCase<Key & string>]: T[Key] } {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [snakeCase(key), value])) as never;
}
