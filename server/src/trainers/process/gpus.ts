import { execFileSync } from "node:child_process";

/** The first call after a boot is slow. */
const NVIDIA_SMI_TIMEOUT_MS = 30_000;

/**
 * Returns the GPUs that trainings may use, as values for `CUDA_VISIBLE_DEVICES`: those of the server's own
 * `CUDA_VISIBLE_DEVICES`, otherwise all NVIDIA GPUs of this machine. Empty when there are none.
 */
export function findGpus(env: NodeJS.ProcessEnv = process.env): string[] {
  const { CUDA_VISIBLE_DEVICES: visible } = env;
  if (visible !== undefined) {
    const devices = visible.split(",").map((device) => device.trim());
    // CUDA ignores every device after an invalid one; -1 is the usual way to hide all GPUs.
    const end = devices.findIndex((device) => device === "" || device.startsWith("-"));
    return end === -1 ? devices : devices.slice(0, end);
  }
  try {
    const output = execFileSync("nvidia-smi", ["--query-gpu=uuid", "--format=csv,noheader"], {
      env,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      timeout: NVIDIA_SMI_TIMEOUT_MS,
    });
    return output
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line.startsWith("GPU-"));
  } catch {
    return [];
  }
}

/** Assigns GPUs to jobs, so that no two trainings share one. */
export class GpuPool {
  private readonly assigned = new Map<string, readonly string[]>();

  /** @param all the GPUs of this machine; without any, every job gets none */
  constructor(private readonly all: readonly string[]) {}

  get size(): number {
    return this.all.length;
  }

  /** Whether `count` GPUs are free, or all if the machine has fewer. Always true on a machine without GPUs. */
  has(count: number): boolean {
    return this.free().length >= Math.min(count, this.size);
  }

  /**
   * Assigns `count` free GPUs to a job, or all GPUs if the machine has fewer: the program then reports the reason of its
   * failure. Keeps an existing assignment, unless this machine no longer has its GPUs.
   *
   * @returns undefined when too few GPUs are free
   */
  assign(job: string, count: number): readonly string[] | undefined {
    const wanted = Math.min(count, this.size);
    const existing = this.assigned.get(job) ?? [];
    if (existing.length === wanted && existing.every((gpu) => this.all.includes(gpu))) return existing;
    this.assigned.delete(job);
    const free = this.free();
    if (free.length < wanted) return undefined;
    const gpus = free.slice(0, wanted);
    this.assigned.set(job, gpus);
    return gpus;
  }

  /** Records the GPUs of a training that is already running; undefined if unknown: the training may use all GPUs. */
  record(job: string, gpus: readonly string[] = this.all): void {
    this.assigned.set(job, gpus);
  }

  release(job: string): void {
    this.assigned.delete(job);
  }

  private free(): string[] {
    const used = new Set([...this.assigned.values()].flat());
    return this.all.filter((gpu) => !used.has(gpu));
  }
}
