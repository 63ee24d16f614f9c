import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { cancellation } from "../../../provider/src/hosts/dynamic/cancellation";

const CANCEL = "/pulumirpc.ResourceProvider/Cancel";

/** Creates a Pulumi host with a gRPC library that exports this `Server` class. */
async function hostWith(server: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "host-"));
  const library = join(folder, "node_modules/@grpc/grpc-js/index.js");
  await mkdir(dirname(library), { recursive: true });
  await writeFile(library, `exports.Server = ${server};`);
  await writeFile(join(folder, "main.js"), "");
  return folder;
}

describe("detection of Pulumi's Cancel request", () => {
  const [, main] = process.argv;
  let folder: string | undefined;

  afterEach(async () => {
    process.argv[1] = main as string;
    if (folder) await rm(folder, { recursive: true });
    folder = undefined;
  });

  it("aborts the signal when the gRPC server looks up the handler of Cancel", async () => {
    folder = await hostWith("class { _retrieveHandler(path) { return 'handler of ' + path; } }");
    process.argv[1] = join(folder, "main.js");
    const { signal, isSupported } = cancellation();
    assert.equal(isSupported, true);
    const { Server } = createRequire(process.argv[1])("@grpc/grpc-js");
    assert.equal(new Server()._retrieveHandler("/other"), "handler of /other");
    assert.equal(signal.aborted, false);
    assert.equal(new Server()._retrieveHandler(CANCEL), `handler of ${CANCEL}`);
    assert.equal(signal.aborted, true);
  });

  it("reports that it is unsupported without the private method or without the library", async () => {
    folder = await hostWith("class {}");
    process.argv[1] = join(folder, "main.js");
    assert.equal(cancellation().isSupported, false);
    process.argv[1] = join(tmpdir(), "no-such-host.js");
    assert.equal(cancellation().isSupported, false);
  });
});
