import { ProviderHost } from "./host";
import type { World } from "./world";

/**
 * The hosts of a batch: one for its updates and one for its destroys, as no process of Pulumi's does both. One that was killed is
 * followed by another. Pulumi starts one for each command; here the commands that follow a failure share theirs, or their starts
 * would be most of the work.
 */
export class Hosts {
  private readonly started = new Map<string, Promise<ProviderHost>>();

  constructor(private readonly world: World) {}

  async for(command: "up" | "destroy"): Promise<ProviderHost> {
    const started = this.started.get(command);
    const host = await started;
    if (host && !host.isDead) return host;
    // Another seed may have seen the death first.
    if (this.started.get(command) === started) {
      this.world.count("hosts started");
      this.started.set(command, ProviderHost.start(this.world.folder, {}));
    }
    return this.for(command);
  }

  /** Kills all there are. @returns whether there was one */
  async kill(): Promise<boolean> {
    const hosts = await Promise.all(this.started.values());
    const alive = hosts.filter((host) => !host.isDead);
    for (const host of alive) host.kill();
    return alive.length > 0;
  }
}
