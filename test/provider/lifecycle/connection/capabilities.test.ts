import assert from "node:assert/strict";
import { once } from "node:events";
import { mock } from "node:test";
import { AbortedError, type MistralClient } from "../../../../provider/src/client";
import { briefly } from "../../../../provider/src/lifecycle/connection/briefly";
import { capabilitiesOf } from "../../../../provider/src/lifecycle/connection/capabilities";

describe("the request for the capabilities", () => {
  it("ends with the signal of each operation, also when they share it", async () => {
    const requests: AbortSignal[] = [];
    const pending = {
      baseUrl: "http://127.0.0.1:1/shared",
      capabilities: async ({ signal }: { signal: AbortSignal }) => {
        requests.push(signal);
        await once(signal, "abort");
        throw new AbortedError("aborted");
      },
    } as unknown as MistralClient;
    const [first, second] = [new AbortController(), new AbortController()];
    const asked = capabilitiesOf(pending, first.signal);
    const waiting = capabilitiesOf(pending, second.signal);
    second.abort();
    await assert.rejects(waiting, AbortedError);
    await assert.rejects(capabilitiesOf(pending, second.signal), AbortedError);
    assert.deepEqual(requests, [first.signal]);
    first.abort();
    await assert.rejects(asked, AbortedError);
  });
});

describe("a brief request", () => {
  beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
  afterEach(() => mock.timers.reset());

  const untilAborted = async ({ signal }: { signal: AbortSignal }) => {
    await once(signal, "abort");
    throw new AbortedError("aborted");
  };

  it("ends after 20 s in all, or with the operation", async () => {
    const slow = briefly(new AbortController().signal, untilAborted);
    mock.timers.tick(20_000);
    await assert.rejects(slow, { message: "The server did not answer within 20 s." });
    const operation = new AbortController();
    const stopped = briefly(operation.signal, untilAborted);
    operation.abort();
    await assert.rejects(stopped, AbortedError);
  });
});
