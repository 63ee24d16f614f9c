import type { Diagnosis } from "../../cli/doctor/doctor";
import type { ServerOptions } from "../../index";
import { DEFAULT_RAY_ADDRESS } from "../configured";
import { RayClient } from "./rayClient";
import { readRayConfig } from "./rayConfig";

/** Known to no cluster: asking for it shows that the Jobs API answers, and takes the token. */
const UNKNOWN = "mistral-fine-tuning-server-doctor";

/** The cluster, and the file that says what jobs take of it. */
export async function checkRay(options: ServerOptions): Promise<Diagnosis[]> {
  const { trainer, rayAddress = DEFAULT_RAY_ADDRESS, rayHeaders, rayConfig } = options;
  if (trainer !== "ray") {
    return [];
  }
  const client = new RayClient(rayAddress, rayHeaders);
  return [
    await examine("Ray config file", async () => {
      readRayConfig(rayConfig);
      return rayConfig ?? "none: jobs take no CPU and no GPU of the cluster, and run on its head";
    }),
    await examine("Ray", async () => {
      await client.get(UNKNOWN);
      return `${await client.version()} at ${rayAddress}; its nodes must see the data folder under the same path`;
    }),
  ];
}

async function examine(what: string, look: () => Promise<string>): Promise<Diagnosis> {
  try {
    return { level: "ok", what, text: await look() };
  } catch (error) {
    return { level: "failed", what, text: (error as Error).message };
  }
}
