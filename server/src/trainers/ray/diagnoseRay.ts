import type { Diagnosis } from "../descriptor";
import { RayClient } from "./rayClient";
import { readRayConfig } from "./rayConfig";

interface RayConnection {
  rayAddress: string;
  rayHeaders?: Record<string, string>;
  rayConfig?: string;
}

/** Known to no cluster: asking for it shows that the Jobs API answers, and takes the token. */
const UNKNOWN = "mistral-fine-tuning-server-doctor";

/** Checks the cluster, and the file that says what jobs take of it. */
export async function diagnoseRay({ rayAddress, rayHeaders, rayConfig }: RayConnection): Promise<Diagnosis[]> {
  const client = new RayClient(rayAddress, rayHeaders);
  return [
    await check("Ray config file", async () => {
      readRayConfig(rayConfig);
      return rayConfig ?? "none: jobs take no CPU and no GPU of the cluster, and run on its head";
    }),
    await check("Ray", async () => {
      await client.get(UNKNOWN);
      return `${await client.version()} at ${rayAddress}; its nodes must see the data folder under the same path`;
    }),
  ];
}

async function check(what: string, look: () => Promise<string>): Promise<Diagnosis> {
  try {
    return { level: "ok", what, text: await look() };
  } catch (error) {
    return { level: "failed", what, text: (error as Error).message };
  }
}
