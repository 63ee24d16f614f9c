import assert from "node:assert/strict";
import { Api, samples } from "../../support";
import { withTrainings } from "../../trainings";

describe("server: trainings of two workspaces", () => {
  const trainings = withTrainings();
  const KEYS = ["--api-key", "one-key workspace=one", "--api-key", "two-key workspace=two"];

  it("share neither plans nor measurements of their data, nor artifacts", async () => {
    const { url } = await trainings.create({ m: {} }).startPlanner({}, ...KEYS);
    const [one, two] = [new Api(url, "one-key"), new Api(url, "two-key")];
    const content = samples(5);
    const dryRun = async (api: Api) => {
      const body = { model: "m", training_files: [await api.fileId(content)], hyperparameters: {} };
      return (await api.ok("POST", "/v1/fine_tuning/jobs?dry_run=true", body)).details as string;
    };
    const ruleOf = async (api: Api) => (await api.ok("GET", "/v1/models/m")).training;
    const unmeasured = await ruleOf(two);

    const trained = await one.trained({ model: "m", training_files: [await one.fileId(content)], hyperparameters: {} });
    assert.match(await dryRun(one), /^Planned by the training program for an earlier job/);
    assert.doesNotMatch(await dryRun(two), /earlier job/);
    assert.notDeepEqual(await ruleOf(one), unmeasured);
    assert.deepEqual(await ruleOf(two), unmeasured);

    const artifact = `/v1/fine_tuning/models/${encodeURIComponent(trained.fine_tuned_model)}/artifact`;
    assert.deepEqual(
      await Promise.all([one, two].map(async (api) => (await api.call("GET", artifact)).status)),
      [200, 404],
    );
    // The program plans the same data again for the other workspace.
    const other = await two.job({ model: "m", training_files: [await two.fileId(content)], auto_start: false });
    await two.until(other.id, "VALIDATED");
    assert.ok(trainings.server.plannerCommands().includes(`plan ${other.id}`));
  });
});
