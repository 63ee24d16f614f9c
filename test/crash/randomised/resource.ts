import type { Properties } from "../properties";
import type { ProviderHost } from "./host";
import { InitFailed } from "./wire";

/** A resource entry of the state. */
export interface Entry {
  id: string;
  inputs: Properties;
  outputs: Properties;
  /** The reasons why the resource does not match its declaration. */
  initErrors: string[];
}

/** Replaces the engine for one resource: calls the provider and stores the resource's state entries. */
export class Resource {
  live: Entry | undefined;
  /** Entries of replaced jobs that still have to be deleted. */
  readonly old: Entry[] = [];

  constructor(readonly urn: string) {}

  /** Runs `pulumi up`. Updates the state first when the provider throws, then rethrows its error. */
  async up(host: ProviderHost, declared: Properties, { replace = false } = {}): Promise<void> {
    if (!this.live || replace) await this.create(host, declared);
    else await this.update(host, this.live, declared);
    for (const entry of [...this.old]) {
      await host.delete(this.urn, entry.id, entry.outputs);
      this.old.splice(this.old.indexOf(entry), 1);
    }
  }

  /** Runs `pulumi destroy`. */
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
      this.setLive({ id, inputs, outputs, initErrors: [] });
    } catch (error) {
      // When the host dies during a creation, the state gets no entry.
      if (error instanceof InitFailed) {
        this.setLive({ id: error.id, inputs, outputs: error.properties, initErrors: error.reasons });
      }
      throw error;
    }
  }

  private setLive(entry: Entry): void {
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

/** Thrown when an unchanged declaration would replace the job and so retrain it. */
export class Replaced extends Error {
  constructor(inputs: string[]) {
    super(`the update would replace the job because of ${inputs}`);
  }
}
