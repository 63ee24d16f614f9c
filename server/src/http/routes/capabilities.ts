import type { FastifyInstance } from "fastify";
import { SIMULATED } from "../../domain/trainer";
import { version } from "../../version";
import type { Services } from "../services";

/** An extension of the API: what this server can do with its trainer. A client asks once, and then sends no request in vain. */
export function capabilityRoute(app: FastifyInstance, { trainer }: Services): void {
  const simulated = trainer.name === SIMULATED;
  const reply = {
    object: "fine_tuning.capabilities",
    server: "mistral-fine-tuning-server",
    version: version(),
    trainer: trainer.name,
    simulated,
    features: {
      metrics: true,
      evaluation: true,
      evaluation_samples: true,
      evaluation_on_demand: "evaluate" in trainer,
      holds: true,
      artifacts: !simulated,
      training_rules: true,
      dry_run: true,
      cost: trainer.hasPrice,
    },
  };
  app.get("/v1/fine_tuning/capabilities", async () => reply);
}
