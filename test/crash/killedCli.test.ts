import { findOrGetPulumi } from "../../tools/pulumiCli";
import { eventually } from "../support/eventually";
import { CrashEnvironment } from "./enumerated/crashEnvironment";
import { operations } from "./enumerated/operations";

/** The training ends long after the test. */
const LONG = {
  model: "open-mistral-7b",
  trainingFiles: ["train.jsonl"],
  hyperparameters: { trainingSteps: 1_000_000 },
};

// `test/engine/running.test.ts` tests the same with the host for dynamic providers.
describe("the plugin, when only the CLI is killed during a wait", function () {
  this.timeout(5 * 60_000);
  let environment: CrashEnvironment;

  before(async function () {
    // When only this file runs, it may have to build a Pulumi CLI first.
    this.timeout(20 * 60_000);
    environment = await CrashEnvironment.create(await findOrGetPulumi(), "plugin");
  });
  after(() => environment?.remove());

  it("exits and stops polling", async () => {
    const [create] = operations;
    await environment.prepare({ ...(create as (typeof operations)[number]), declared: { job: LONG } });
    const requests = environment.proxy.route("");
    const running = environment.spawn("up", "--yes", "--skip-preview");
    const isStarted = () => requests.some(({ template }) => template.endsWith("/start"));
    await eventually("the job is started", isStarted, { withinMs: 60_000 });
    running.signal("SIGKILL");
    await environment.hostEnds(20_000);
  });
});
