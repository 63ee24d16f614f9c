import type { Database } from "../store/database";
import { DeliveryStore } from "../store/webhooks/deliveryStore";
import { Lane, type LaneOptions } from "./lane";
import type { Webhooks } from "./targets";

/** Sends notifications to all URLs, at least once each. */
export class WebhookSender {
  /** The notifications that are not delivered yet. */
  readonly deliveries: DeliveryStore;
  private readonly lanes: readonly Lane[];
  private isOpen = false;

  /** @param webhooks undefined: there is nothing to send */
  constructor(
    database: Database,
    webhooks: Webhooks | undefined,
    private readonly options: Pick<LaneOptions, "log" | "count">,
  ) {
    const targets = webhooks?.targets ?? [];
    this.deliveries = new DeliveryStore(
      database,
      targets.map(({ key }) => key),
      () => this.wake(),
    );
    const { deliveries } = this;
    this.lanes = targets.map(
      (target) => new Lane(target, { ...options, deliveries, secret: (webhooks as Webhooks).secret }),
    );
  }

  /** Continues with the notifications of an earlier process. Removes those to URLs that are no longer configured. */
  open(): void {
    const removed = this.deliveries.removeOthers();
    if (removed > 0)
      this.options.log.warn({ removed }, "removed notifications to webhooks that are no longer configured");
    this.isOpen = true;
    this.wake();
  }

  /** Stops sending. The next process continues. */
  async close(): Promise<void> {
    this.isOpen = false;
    await Promise.all(this.lanes.map((lane) => lane.close()));
  }

  private wake(): void {
    if (this.isOpen) for (const lane of this.lanes) void lane.wake();
  }
}
