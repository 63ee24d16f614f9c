import type { FastifyInstance } from "fastify";
import { canEvaluate, SIMULATED } from "../../domain/trainer";
import { version } from "../../version";
import { baseUrlOf } from "../publicUrl";
import type { Services } from "../services";

/** An extension of the API: what this server can do with its trainer. A client asks once, and then sends no request in vain. */
export function capabilityRoute(app: FastifyInstance, { trainer, hasPage, publicUrl }: Services): void {
  const simulated = trainer.name === SIMULATED;
  app.get("/v1/fine_tuning/capabilities", async (request) => ({
    object: "fine_tuning.capabilities",
    server: "mistral-fine-tuning-server",
    version: version(),
    trainer: trainer.name,
    simulated,
    ...(hasPage && { dashboard_url: baseUrlOf(request, publicUrl) }),
    features: {
      metrics: true,
      evaluation: true,
      evaluation_samples: true,
      evaluation_on_demand: await canEvaluate(trainer),
      holds: true,
      approval_misses: true,
      artifacts: !simulated,
      training_rules: true,
      dry_run: true,
      cost: trainer.hasPrice,
    },
  }));
}
