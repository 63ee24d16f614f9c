import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { urnOf } from "../../support/host";
import type { Decide, Passed } from "../../support/proxiedRequest";
import { randomFault } from "../../support/randomFaults";
import { sample } from "../../support/samples";
import { receivedJobId } from "../records";
import { type Finding, lostId, stuck } from "../verdict";
import type { ProviderHost } from "./host";
import type { Hosts } from "./hosts";
import { judgeDeleted, judgeTrained } from "./judge";
import type { Kill, Plan } from "./plan";
import { Replaced, Resource } from "./resource";
import { HostDied, InitFailed, type Properties } from "./wire";
import type { World } from "./world";

/** Far more attempts than any seed needs. */
const MOST_ATTEMPTS = 400;
const LONGEST_SECONDS = 1200;

/** Runs one seed: creates, updates, perhaps replaces, and deletes one resource. */
export class Run {
  readonly findings: Finding[] = [];
  private readonly resource: Resource;
  private readonly passed: readonly Passed[];
  private readonly begun = performance.now();

  constructor(
    private readonly plan: Plan,
    private readonly kills: readonly Kill[],
    private readonly world: World,
    private readonly hosts: Hosts,
  ) {
    this.resource = new Resource(urnOf(`s${plan.seed}`));
    this.passed = world.proxy.route(this.prefix, this.decide);
  }

  async play(): Promise<void> {
    const { resource, plan } = this;
    const declared = await this.declaration();
    const named = { ...declared, modelName: `Model ${plan.seed}` };
    try {
      await this.until("up", "create", (host) => resource.up(host, declared));
      await this.until("up", "update", (host) => resource.up(host, named));
      if (plan.replaced) await this.replace(named);
      this.findings.push(...(await judgeTrained(this.world.client, resource, named)));
      const inputs = resource.live?.inputs ?? {};
      await this.until("destroy", "delete", (host) => resource.destroy(host));
      this.findings.push(...(await judgeDeleted(this.world.client, inputs, resource)));
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
    for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
      if (performance.now() - this.begun > LONGEST_SECONDS * 1000) break;
      const host = await this.hosts.for(command);
      // Count from here: requests of a killed host may arrive after its death was noticed.
      const sent = this.passed.length;
      try {
        await deploy(host);
        return;
      } catch (error) {
        if (error instanceof Replaced) throw error;
        last = (error as Error).message;
        if (!(error instanceof InitFailed || error instanceof HostDied)) this.reportLostJob(sent, last);
      }
    }
    throw new Error(`${title} did not succeed; last error: ${last}`);
  }

  /** Reports a lost ID when a creation failed without an ID although the provider had received one. */
  private reportLostJob(sent: number, failure: string): void {
    if (receivedJobId(this.passed.slice(sent)) && !this.resource.live)
      this.findings.push(lostId(`a job was created, but the engine did not receive its ID: ${failure}`));
  }

  private readonly decide: Decide = async ({ ordinal }) => {
    this.world.count("requests");
    const { name, fault } = randomFault(this.plan.faults, this.plan.rates);
    const kill = this.kills.find((each) => each.seed === this.plan.seed && each.ordinal === ordinal);
    if (kill?.when === "before" && (await this.kill())) return { kind: "cut-before" };
    if (kill?.when === "after") {
      return { kind: "cut-after", forwarded: async () => void (await this.kill()) };
    }
    if (name) this.world.count(name);
    return fault;
  };

  private async kill(): Promise<boolean> {
    const killed = await this.hosts.kill();
    if (killed) this.world.count("hosts killed");
    return killed;
  }

  private get prefix(): string {
    return `/s/${this.plan.seed}`;
  }

  /** Returns the properties that the resource class sends to the engine. */
  private async declaration(): Promise<Properties> {
    const { seed, ownSuffix } = this.plan;
    const path = join(this.world.folder, `${seed}.jsonl`);
    await writeFile(path, sample(`What is ${seed}?`));
    return {
      model: "open-mistral-7b",
      trainingFiles: [path],
      hyperparameters: { trainingSteps: 20 },
      connection: { baseUrl: this.world.proxy.url(this.prefix) },
      // With a user's suffix, the uploaded file identifies the job, and the file exists as long as the model.
      ...(ownSuffix && { suffix: `own-${seed}`, modelDeletionPolicy: "delete" }),
      __urn: this.resource.urn,
      __organization: "organization",
      __provider: this.world.provider,
    };
  }
}
