import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Decide, RecordedRequest } from "../../support/proxiedRequest";
import { randomFault } from "../../support/randomFaults";
import { sample } from "../../support/samples";
import type { Properties } from "../properties";
import { receivedJobId } from "../records";
import { type Finding, lostId, stuck } from "../verdict";
import type { BatchEnvironment } from "./batchEnvironment";
import type { ProviderHost } from "./host";
import type { Hosts } from "./hosts";
import { judgeDeleted, judgeTrained } from "./judge";
import type { Kill, Plan } from "./plan";
import { Replaced, Resource } from "./resource";
import { HostDied, InitFailed } from "./wire";

/** Seeds need far fewer attempts than this. */
const MAX_ATTEMPTS = 400;
const MAX_SECONDS = 1200;

/** Runs one seed: creates, updates, perhaps replaces, and deletes one resource. */
export class Run {
  readonly findings: Finding[] = [];
  private readonly resource: Resource;
  private readonly requests: readonly RecordedRequest[];
  private readonly startedAt = performance.now();

  constructor(
    private readonly plan: Plan,
    private readonly kills: readonly Kill[],
    private readonly environment: BatchEnvironment,
    private readonly hosts: Hosts,
  ) {
    this.resource = new Resource(`urn:pulumi:dev::project::${environment.host.token}::s${plan.seed}`);
    this.requests = environment.proxy.route(this.prefix, this.decide);
  }

  async execute(): Promise<void> {
    const { resource, plan } = this;
    const declared = await this.declaration();
    const named = { ...declared, modelName: `Model ${plan.seed}` };
    try {
      await this.until("up", "create", (host) => resource.up(host, declared));
      await this.until("up", "update", (host) => resource.up(host, named));
      if (plan.replaced) await this.replace(named);
      this.findings.push(...(await judgeTrained(this.environment.client, resource, named)));
      const inputs = resource.live?.inputs ?? {};
      await this.until("destroy", "delete", (host) => resource.destroy(host));
      this.findings.push(...(await judgeDeleted(this.environment.client, inputs, resource)));
    } catch (error) {
      this.findings.push(stuck((error as Error).message));
    }
  }

  /** Replaces the job. Once the replacement is in the state, further attempts are updates. */
  private async replace(declared: Properties): Promise<void> {
    const before = this.resource.live;
    await this.until("up", "replace", (host) =>
      this.resource.up(host, declared, { replace: this.resource.live === before }),
    );
  }

  private async until(
    command: "up" | "destroy",
    title: string,
    deploy: (host: ProviderHost) => Promise<void>,
  ): Promise<void> {
    let last = "";
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      if (performance.now() - this.startedAt > MAX_SECONDS * 1000) break;
      const host = await this.hosts.for(command);
      // Ignore earlier requests. Requests of a killed host may arrive until this point.
      const firstRequest = this.requests.length;
      try {
        await deploy(host);
        return;
      } catch (error) {
        if (error instanceof Replaced) throw error;
        last = (error as Error).message;
        if (!(error instanceof InitFailed || error instanceof HostDied)) this.reportLostJob(firstRequest, last);
      }
    }
    throw new Error(`${title} did not succeed; last error: ${last}`);
  }

  /** Reports a lost ID when a creation failed without an ID although the provider had received one. */
  private reportLostJob(firstRequest: number, failure: string): void {
    if (receivedJobId(this.requests.slice(firstRequest)) && !this.resource.live)
      this.findings.push(lostId(`a job was created, but the engine did not receive its ID: ${failure}`));
  }

  private readonly decide: Decide = async ({ ordinal }) => {
    this.environment.count("requests");
    const { name, fault } = randomFault(this.plan.faults, this.plan.rates);
    const kill = this.kills.find((each) => each.seed === this.plan.seed && each.ordinal === ordinal);
    if (kill?.when === "before" && (await this.kill())) return { kind: "cut-before" };
    if (kill?.when === "after") {
      return { kind: "cut-after", forwarded: async () => void (await this.kill()) };
    }
    if (name) this.environment.count(name);
    return fault;
  };

  private async kill(): Promise<boolean> {
    const killed = await this.hosts.kill();
    if (killed) this.environment.count("hosts killed");
    return killed;
  }

  private get prefix(): string {
    return `/s/${this.plan.seed}`;
  }

  /** Returns the properties that the resource class sends to the engine. */
  private async declaration(): Promise<Properties> {
    const { seed, explicitSuffix } = this.plan;
    const path = join(this.environment.folder, `${seed}.jsonl`);
    await writeFile(path, sample(`What is ${seed}?`));
    return {
      model: "open-mistral-7b",
      trainingFiles: [path],
      hyperparameters: { trainingSteps: 20 },
      connection: { baseUrl: this.environment.proxy.url(this.prefix) },
      // With an explicit suffix, the uploaded file identifies the job. The file is deleted together with the model.
      ...(explicitSuffix && { suffix: `own-${seed}`, modelDeletionPolicy: "delete" }),
      ...(await this.environment.host.addedInputs(this.resource.urn)),
    };
  }
}
