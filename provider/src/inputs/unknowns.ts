/**
 * The placeholder of an unknown value in a preview, equal to `pulumi.runtime.unknownValue`. Repeated here, because loading the SDK
 * for one constant takes a second.
 */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

type Path = PropertyKey[];

/** Whether a value is, or contains, an unknown value. */
export function hasUnknown(value: unknown): boolean {
  return unknownPaths(value).length > 0;
}

/** Returns the paths of all unknown values. */
export function unknownPaths(value: unknown, path: Path = []): Path[] {
  if (value === UNKNOWN) return [path];
  if (Array.isArray(value)) return value.flatMap((item, index) => unknownPaths(item, [...path, index]));
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).flatMap(([key, item]) => unknownPaths(item, [...path, key]));
  }
  return [];
}

/** Whether a path equals, or is below, one of the others. */
export function isWithin(path: Path, others: Path[]): boolean {
  return others.some((other) => other.every((part, index) => path[index] === part));
}
