import type { ServerOptions } from "../index";
import { DEFAULT_RAY_ADDRESS } from "../trainers/configured";
import { RayClient } from "../trainers/ray/client";
import type { Finding } from "./index";

/** Whether the cluster answers, by asking it for a job that it cannot have. */
export async function checkRay({
  trainer,
  rayAddress = DEFAULT_RAY_ADDRESS,
  rayHeaders,
}: ServerOptions): Promise<Finding[]> {
  if (trainer !== "ray") {
    return [];
  }
  try {
    await new RayClient(rayAddress, rayHeaders).get("doctor");
    return [{ level: "ok", what: "Ray", text: `${rayAddress} answers` }];
  } catch (error) {
    return [{ level: "failed", what: "Ray", text: (error as Error).message }];
  }
}
