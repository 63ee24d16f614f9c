import type { ProviderHost } from "./host";
import { InitFailed, type Properties } from "./wire";

/** A resource as the state has it. */
export interface Entry {
  id: string;
  inputs: Properties;
  outputs: Properties;
  /** Why it is not what was declared. */
  initErrors: string[];
}

/** The engine's work on one resource, deployment by deployment, and its entries of the state. */
export class Resource {
  live: Entry | undefined;
  /** Entries that a replacement has left to be deleted. */
  readonly old: Entry[] = [];

  constructor(readonly urn: string) {}

  /** `pulumi up`. Throws what the provider throws, when the state has been brought up to date. */
  async up(host: ProviderHost, declared: Properties, { replace = false } = {}): Promise<void> {
    if (!this.live || replace) await this.create(host, declared);
    else await this.update(host, this.live, declared);
    for (const entry of [...this.old]) {
      await host.delete(this.urn, entry.id, entry.outputs);
      this.old.splice(this.old.indexOf(entry), 1);
    }
  }

  /** `pulumi destroy`. */
  async destroy(host: ProviderHost): Promise<void> {
    for (const entry of [...this.old, this.live]) {
      if (!entry) continue;
      await host.delete(this.urn, entry.id, entry.outputs);
      if (entry === this.live) this.live = undefined;
      else this.old.splice(this.old.indexOf(entry), 1);
    }
  }

  private async create(host: ProviderHost, declared: Properties): Promise<void> {
    const inputs = await host.check(this.urn, {}, declared);
    try {
      const { id, outputs } = await host.create(this.urn, inputs);
      this.become({ id, inputs, outputs, initErrors: [] });
    } catch (error) {
      // A host that died in a creation has left nothing in the state.
      if (error instanceof InitFailed) {
        this.become({ id: error.id, inputs, outputs: error.properties, initErrors: error.reasons });
      }
      throw error;
    }
  }

  private become(entry: Entry): void {
    if (this.live) this.old.push(this.live);
    this.live = entry;
  }

  private async update(host: ProviderHost, live: Entry, declared: Properties): Promise<void> {
    const inputs = await host.check(this.urn, live.inputs, declared);
    const { changes, replaces } = await host.diff(this.urn, live.id, live.outputs, inputs);
    if (replaces.length > 0) throw new Replaced(replaces);
    if (!changes && live.initErrors.length === 0) {
      live.inputs = inputs;
      return;
    }
    try {
      live.outputs = await host.update(this.urn, live.id, live.outputs, inputs);
      live.inputs = inputs;
      live.initErrors = [];
    } catch (error) {
      if (error instanceof InitFailed) {
        live.outputs = error.properties;
        live.inputs = inputs;
        live.initErrors = error.reasons;
      }
      throw error;
    }
  }
}

/** The same training was about to be trained again. */
export class Replaced extends Error {
  constructor(inputs: string[]) {
    super(`it would train anew, for ${inputs}`);
  }
}
