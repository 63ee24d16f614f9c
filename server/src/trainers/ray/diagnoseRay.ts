import type { Diagnosis } from "../descriptor";
import { RayClient } from "./rayClient";
import { readRayConfig } from "./rayConfig";

interface RayConnection {
  rayAddress: string;
  rayHeaders?: Record<string, string>;
  rayConfig?: string;
}

/** A job that does not exist: requesting it shows that the Jobs API responds and accepts the token. */
const UNKNOWN_JOB = "mistral-fine-tuning-server-doctor";

/** Checks the cluster and the Ray config file. */
export async function diagnoseRay({ rayAddress, rayHeaders, rayConfig }: RayConnection): Promise<Diagnosis[]> {
  const client = new RayClient(rayAddress, rayHeaders);
  return [
    await check("Ray config file", async () => {
      readRayConfig(rayConfig);
      return rayConfig ?? "not set: jobs request no CPU and no GPU, and run on the head node";
    }),
    await check("Ray", async () => {
      await client.get(UNKNOWN_JOB);
      return `${await client.version()} at ${rayAddress}; every node must mount --data at the same path`;
    }),
  ];
}

async function check(subject: string, test: () => Promise<string>): Promise<Diagnosis> {
  try {
    return { level: "ok", subject, text: await test() };
  } catch (error) {
    return { level: "failed", subject, text: (error as Error).message };
  }
}
