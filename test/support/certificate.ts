import { generate } from "selfsigned";

/** Creates a self-signed certificate for a server on this machine with the host name `name`. */
export async function certificateFor(name: string): Promise<{ key: string; cert: string }> {
  const names = {
    name: "subjectAltName",
    altNames: [
      { type: 2, value: name },
      { type: 7, ip: "127.0.0.1" },
    ],
  } as const;
  const pems = await generate([{ name: "commonName", value: name }], {
    algorithm: "sha256",
    keyType: "ec",
    extensions: [{ ...names, altNames: [...names.altNames] }],
  });
  return { key: pems.private, cert: pems.cert };
}
