/** An encoding of a secret, as the source of a regular expression. */
export interface EncodedForm {
  /** Characters of the encoded secret. */
  length: number;
  source: string;
}

/** Base64 or hex of fewer characters occurs in ordinary text. */
const SHORTEST_BASE64 = 8;
const SHORTEST_HEX = 12;

/** Returns the encodings of a secret that servers and proxies use when they repeat a request. */
export function encodedForms(secret: string): EncodedForm[] {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString("hex");
  const base64 = [0, 1, 2].flatMap((offset) => base64At(bytes, offset));
  return [
    { length: secret.length, source: [...secret].map(anyEscape).join("") },
    ...(hex.length >= SHORTEST_HEX ? [{ length: hex.length, source: anyCase(hex) }] : []),
    ...base64
      .filter(({ length }) => length >= SHORTEST_BASE64)
      .map((form) => ({ length: form.length, source: literal(form) })),
  ];
}

const literal = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");

/** Matches hex digits in upper and in lower case. */
const anyCase = (hex: string) => hex.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);

const ENTITIES: Record<string, string> = { "&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos" };

/** Matches a character as it is, or escaped as in JSON, in a URL or in HTML, also when the escape was escaped again. */
function anyEscape(character: string): string {
  const code = character.codePointAt(0) as number;
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  const unicode = units.map((unit) => `\\\\{1,4}u${anyCase(unit.toString(16).padStart(4, "0"))}`).join("");
  const percent = [...Buffer.from(character)]
    .map((byte) => `%(?:25){0,2}${anyCase(byte.toString(16).padStart(2, "0"))}`)
    .join("");
  const short = JSON.stringify(character).slice(1, -1);
  const entity = ENTITIES[character];
  return `(?:${[
    ...(short === character ? [] : [literal(short)]),
    ...(character === "/" ? ["\\\\/"] : []),
    literal(character),
    unicode,
    percent,
    `&#(?:0{0,6}${code}|[xX]0{0,6}${anyCase(code.toString(16))});`,
    ...(entity === undefined ? [] : [`&${entity};`]),
  ].join("|")})`;
}

/**
 * Returns the part of the base64 text that depends only on the secret, when `offset` other bytes (0 to 2) precede the
 * secret.
 */
function base64At(secret: Buffer, offset: number): string[] {
  const bytes = Buffer.concat([Buffer.alloc(offset), secret]);
  const first = Math.ceil((offset * 8) / 6);
  const end = Math.floor((bytes.length * 8) / 6);
  return [bytes.toString("base64").slice(first, end), bytes.toString("base64url").slice(first, end)];
}
