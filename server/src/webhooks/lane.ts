import { setTimeout as sleep } from "node:timers/promises";
import { Webhook } from "standardwebhooks";
import type { Logger } from "../log";
import type { Delivery, DeliveryStore } from "../store/webhooks/deliveryStore";
import { post } from "./post";
import { DELAYS, nextDelay } from "./schedule";
import type { WebhookTarget } from "./targets";

/** The maximum number of notifications that a URL receives at a time. */
const MAX_SENDING = 4;

/** Milliseconds that a receiver has until its status arrives. */
const TIMEOUT_MS = 15_000;

/** Milliseconds that a receiver has when the server stops. What it has not answered by then is sent again after the restart. */
const GRACE_MS = 1000;

/** After a failure of the database, in milliseconds. */
const DATABASE_RETRY_MS = 1000;

/** The clock may be changed, and a timer has at most 32 bits: look at the database this often, in milliseconds. */
const MAX_WAIT_MS = 3_600_000;

/** A receiver that has answered this does not want any notification. */
const GONE = 410;

/** A delivery to a receiver that fails is not retried for longer, in milliseconds. */
const LIFETIME_MS = 1.2 * DELAYS.reduce((sum, delay) => sum + delay, 0);

const isOld = ({ createdAt }: Delivery): boolean => createdAt < Date.now() - LIFETIME_MS;

/** `closing`: the server stops before the receiver has answered. */
type Outcome = "received" | "gone" | "closing" | { reason: string };

export interface LaneOptions {
  deliveries: DeliveryStore;
  secret: string;
  log: Logger;
  /** Counts an attempt, or a delivery that is dropped after its last attempt. */
  count(result: "sent" | "failed" | "dropped"): void;
}

/** Sends the stored notifications to one URL. Each URL has its own lane, so a slow receiver delays no other one. */
export class Lane {
  private readonly webhook: Webhook;
  /** The deliveries under way by `seq`. */
  private readonly sending = new Map<number, Promise<void>>();
  /** Aborts the requests. */
  private readonly aborting = new AbortController();
  /** Ends the waits for the database. */
  private readonly closing = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private isGone = false;
  /** The last attempt has failed. Prevents the same log line for every delivery, and limits what is sent at a time. */
  private isFailing = false;

  constructor(
    private readonly target: WebhookTarget,
    private readonly options: LaneOptions,
  ) {
    this.webhook = new Webhook(options.secret);
  }

  /** Sends what is due and durable. Never rejects. */
  async wake(): Promise<void> {
    const { deliveries, log } = this.options;
    try {
      // A read would also see deliveries of an open transaction, whose commit may fail.
      for (let open = deliveries.committed(); open !== undefined; open = deliveries.committed()) {
        await open.catch(() => {});
      }
      this.sendDue();
    } catch (error) {
      log.warn({ err: error }, "cannot read the stored notifications; the server tries again");
      this.wakeIn(DATABASE_RETRY_MS);
    }
  }

  /** Waits briefly for the deliveries under way. What is not delivered stays stored. */
  async close(): Promise<void> {
    this.closing.abort();
    clearTimeout(this.timer);
    const timer = setTimeout(() => this.aborting.abort(), GRACE_MS);
    await Promise.all(this.sending.values());
    clearTimeout(timer);
  }

  private sendDue(): void {
    // The timeouts and DNS lookups of a dead receiver must not add up: lookups of all receivers share a few threads.
    const max = this.isFailing ? 1 : MAX_SENDING;
    if (this.closing.signal.aborted || this.isGone || this.sending.size >= max) return;
    const { deliveries } = this.options;
    const { key } = this.target;
    const underWay = () => [...this.sending.keys()];
    const limit = max - this.sending.size;
    for (const delivery of deliveries.due(key, Date.now(), { except: underWay(), limit })) {
      const work = this.deliver(delivery).then(() => {
        this.sending.delete(delivery.seq);
        void this.wake();
      });
      this.sending.set(delivery.seq, work);
    }
    // A delivery that ends wakes the lane.
    if (this.sending.size >= max) return;
    const next = deliveries.nextDue(key, underWay());
    if (next !== undefined) this.wakeIn(next - Date.now());
  }

  private wakeIn(ms: number): void {
    clearTimeout(this.timer);
    if (this.closing.signal.aborted) return;
    this.timer = setTimeout(() => void this.wake(), Math.min(Math.max(ms, 0), MAX_WAIT_MS));
  }

  /** Makes one attempt, and stores its outcome. Never rejects. */
  private async deliver(delivery: Delivery): Promise<void> {
    const { log, count } = this.options;
    const { seq, id, attempts } = delivery;
    // One attempt at a time may be slower than new notifications: without this, the stored ones would grow without end.
    if (this.isFailing && isOld(delivery)) return this.drop(delivery);
    const outcome = await this.attempt(delivery);
    if (outcome === "closing") return;
    if (outcome === "gone") return this.stop();
    if (outcome === "received") {
      count("sent");
      if (this.isFailing) log.info({ webhook: this.target.name }, "the webhook receives notifications again");
      this.isFailing = false;
      await this.store((deliveries) => deliveries.remove(seq));
      return;
    }
    count("failed");
    const about = { webhook: this.target.name, id, attempt: attempts + 1, ...outcome };
    log[this.isFailing ? "debug" : "warn"](about, "cannot deliver a notification; the server tries again later");
    this.isFailing = true;
    const delay = nextDelay(attempts + 1);
    if (delay === undefined) return this.drop(delivery);
    await this.store((deliveries) => deliveries.postpone(seq, Date.now() + delay));
  }

  private async drop({ seq, id, body }: Delivery): Promise<void> {
    const { log, count } = this.options;
    count("dropped");
    const { type, data } = JSON.parse(body) as { type: string; data: { job_id: string } };
    log.error(
      { webhook: this.target.name, id, type, jobId: data.job_id },
      "dropped a notification that could not be delivered in time",
    );
    await this.store((deliveries) => deliveries.remove(seq));
  }

  private async attempt({ id, body }: Delivery): Promise<Outcome> {
    const now = new Date();
    try {
      const status = await post(this.target.url, {
        headers: {
          "content-type": "application/json",
          "user-agent": "mistral-fine-tuning-server",
          "webhook-id": id,
          "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
          "webhook-signature": this.webhook.sign(id, now, body),
        },
        body,
        timeoutMs: TIMEOUT_MS,
        signal: this.aborting.signal,
      });
      if (status >= 200 && status < 300) return "received";
      return status === GONE ? "gone" : { reason: `HTTP status ${status}` };
    } catch (error) {
      if (this.aborting.signal.aborted) return "closing";
      const { code, message } = error as NodeJS.ErrnoException;
      return { reason: code ?? message };
    }
  }

  private async stop(): Promise<void> {
    if (this.isGone) return;
    this.isGone = true;
    this.options.log.error(
      { webhook: this.target.name },
      "the webhook has answered 410 Gone: no notification is sent to this URL until the server restarts",
    );
    await this.store((deliveries) => deliveries.removeTarget(this.target.key));
  }

  /** Stores an outcome durably. Retries while the database fails: a delivery that was received must not be sent again. */
  private async store(write: (deliveries: DeliveryStore) => void): Promise<void> {
    const { deliveries, log } = this.options;
    for (;;) {
      try {
        write(deliveries);
        await deliveries.committed();
        return;
      } catch (error) {
        if (this.closing.signal.aborted) return;
        log.warn({ err: error }, "cannot store the outcome of a notification; the server tries again");
        await sleep(DATABASE_RETRY_MS, undefined, { signal: this.closing.signal }).catch(() => {});
      }
    }
  }
}
