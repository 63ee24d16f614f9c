import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { grpcError } from "../../../../provider/src/hosts/plugin/failures";
import { readableFailure } from "../../../../provider/src/hosts/readableError";
import { create } from "../../../../provider/src/lifecycle/create";
import { changedProperties, diff } from "../../../../provider/src/lifecycle/diff";
import { read } from "../../../../provider/src/lifecycle/read";
import { InitError } from "../../../../provider/src/lifecycle/state/initError";
import type { Outputs } from "../../../../provider/src/lifecycle/state/outputs";
import { update } from "../../../../provider/src/lifecycle/update";
import { initErrorOf, LifecycleHarness } from "../../../support/lifecycle";
import { sample } from "../../../support/samples";

const MEBIBYTE = 1024 * 1024;
/** The engine accepts 16 MiB of headers. Base64 adds a third. */
const MOST_DETAILS = 12 * MEBIBYTE;

describe("an init error of a job with a large string asset", () => {
  let harness: LifecycleHarness;
  before(async () => {
    harness = await LifecycleHarness.create();
  });
  after(() => harness.end());

  const stringAsset = (text: string) => ({
    "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17",
    hash: createHash("sha256").update(text).digest("hex"),
    text,
  });
  const existing = (error: unknown) => readableFailure(error).existing as { id: string; outputs: Outputs };

  it("carries the job's ID, and the next `up` neither replaces the job nor needs the text", async () => {
    const asset = stringAsset(sample("x".repeat(13 * MEBIBYTE)));
    const inputs = await harness.declare("large", { trainingFiles: [asset], autoStart: true, maxCost: 1_000_000 });
    const error = await initErrorOf(create({ ...inputs, maxCost: 0 }, harness.host()));
    const [details] = grpcError(error).metadata?.get("grpc-status-details-bin") ?? [];
    assert.ok((details as Buffer).length < MOST_DETAILS);

    const { id, outputs } = existing(error);
    const { text, ...elided } = asset;
    assert.deepEqual(outputs.trainingFiles?.[0]?.asset, elided);
    const refreshed = (await read(id, outputs, harness.host())) as Outputs;
    assert.deepEqual(refreshed.trainingFiles, outputs.trainingFiles);
    const news = await harness.declare("large", { trainingFiles: [asset], maxCost: 1_000_000 }, outputs);
    assert.deepEqual(diff(id, refreshed, news, harness.host()).replaces, []);
    assert.ok(!changedProperties(id, refreshed, news).some(({ path }) => path.startsWith("trainingFiles")));

    const updated = await update(id, refreshed, news, harness.host());
    assert.deepEqual([updated.status, updated.trainingFiles], ["SUCCESS", news.trainingFiles]);
    assert.deepEqual(diff(id, updated, news, harness.host()), { changes: false, replaces: [] });
  });

  it("leaves out the history of the job if the state is still too large, and nothing else", async () => {
    const { outputs } = await harness.create("history");
    const large = { ...outputs, events: [{ name: "x".repeat(5 * MEBIBYTE) }] };
    const reduced = existing(new InitError(outputs.jobId, large, "interrupted")).outputs;
    assert.deepEqual(reduced, { ...outputs, events: [], checkpoints: [] });
  });

  it("keeps a small text", async () => {
    const asset = stringAsset(sample("Small?"));
    const { outputs } = await harness.create("small", { trainingFiles: [asset] });
    const kept = existing(new InitError(outputs.jobId, outputs, "interrupted")).outputs;
    assert.deepEqual(kept, outputs);
  });
});
