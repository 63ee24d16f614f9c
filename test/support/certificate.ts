import { generate } from "selfsigned";

/** A certificate that signs itself, for a server on this machine that is called `name`. */
export async function certificateFor(name: string): Promise<{ key: string; cert: string }> {
  const names = {
    name: "subjectAltName",
    altNames: [
      { type: 2, value: name },
      { type: 7, ip: "127.0.0.1" },
    ],
  } as const;
  const made = await generate([{ name: "commonName", value: name }], {
    algorithm: "sha256",
    keyType: "ec",
    extensions: [{ ...names, altNames: [...names.altNames] }],
  });
  return { key: made.private, cert: made.cert };
}
