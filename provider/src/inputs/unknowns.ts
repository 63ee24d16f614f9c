/**
 * What stands for a value that a preview does not know yet: the exact string `pulumi.runtime.unknownValue`. It is written
 * out because loading the SDK for one constant costs a second.
 */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

type Path = PropertyKey[];

/** Whether a value is, or holds, something that is not known yet. */
export function hasUnknown(value: unknown): boolean {
  return unknownPaths(value).length > 0;
}

/** The paths of all unknown values. */
export function unknownPaths(value: unknown, path: Path = []): Path[] {
  if (value === UNKNOWN) return [path];
  if (Array.isArray(value)) return value.flatMap((item, index) => unknownPaths(item, [...path, index]));
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).flatMap(([key, item]) => unknownPaths(item, [...path, key]));
  }
  return [];
}

/** Whether a path leads to, or through, one of the others. */
export function isWithin(path: Path, others: Path[]): boolean {
  return others.some((other) => other.every((part, index) => path[index] === part));
}
