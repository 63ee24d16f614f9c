import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { UNKNOWN } from "../../inputs/unknowns";

/** The key of every special value in Pulumi's wire format (`pulumi.runtime.specialSigKey`), and the value that marks a secret. */
const SIGNATURE_KEY = "4dabf18193072939515e22adb298388d";
const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";

/** The engine's placeholders for unknown values of the other types: booleans, numbers, lists, assets, archives, objects. */
const TYPED_UNKNOWNS = new Set([
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

export type Properties = Record<string, unknown>;
export type Path = readonly PropertyKey[];

/** Properties of a request: plain values, and where the secrets were. */
export interface Received {
  values: Properties;
  /** Paths of the values that were marked as secret. */
  secrets: Path[];
}

/** Converts the properties of a request: unwraps secrets, and replaces every kind of unknown value by `UNKNOWN`. */
export function fromStruct(struct: Struct | undefined): Received {
  const secrets: Path[] = [];
  const values = unwrap(struct?.toJavaScript() ?? {}, [], secrets) as Properties;
  return { values, secrets };
}

function unwrap(value: unknown, path: Path, secrets: Path[]): unknown {
  if (typeof value === "string") return TYPED_UNKNOWNS.has(value) ? UNKNOWN : value;
  if (Array.isArray(value)) return value.map((item, index) => unwrap(item, [...path, index], secrets));
  if (typeof value !== "object" || value === null) return value;
  if (Reflect.get(value, SIGNATURE_KEY) === SECRET_SIGNATURE) {
    secrets.push(path);
    return unwrap(Reflect.get(value, "value"), path, secrets);
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unwrap(item, [...path, key], secrets)]));
}

/** Converts properties for a response, and marks the values at the paths as secret. Paths without a value are ignored. */
export function toStruct(values: object, secrets: readonly Path[] = []): Struct {
  // The JSON round trip drops undefined values, which a Struct cannot hold.
  const plain = JSON.parse(JSON.stringify(values));
  // Longer paths first, so that a path inside another secret value is still found.
  for (const path of secrets.toSorted((a, b) => b.length - a.length)) wrap(plain, path);
  return Struct.fromJavaScript(plain);
}

function wrap(root: Properties, path: Path): void {
  let parent: unknown = root;
  for (const key of path.slice(0, -1)) {
    parent = typeof parent === "object" && parent !== null ? Reflect.get(parent, key) : undefined;
  }
  const key = path.at(-1);
  if (key === undefined || typeof parent !== "object" || parent === null || !Object.hasOwn(parent, key)) return;
  const value = Reflect.get(parent, key);
  const isMarked =
    typeof value === "object" && value !== null && Reflect.get(value, SIGNATURE_KEY) === SECRET_SIGNATURE;
  if (!isMarked) Reflect.set(parent, key, { [SIGNATURE_KEY]: SECRET_SIGNATURE, value });
}
