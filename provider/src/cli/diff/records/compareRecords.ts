import { FirstByLine, type Listed } from "./firstByLine";
import { KeyedQueues } from "./keyedQueues";
import type { KeyName, SampleRecord, SampleRecords } from "./sampleRecords";

/** A changed sample. */
export interface Pair {
  before: SampleRecord;
  after: SampleRecord;
}

export interface Comparison {
  unchanged: number;
  added: Listed<SampleRecord>;
  removed: Listed<SampleRecord>;
  /** Samples that differ, but have the same prompt or the same answer. */
  changed: Listed<Pair>;
  /** Added or changed samples that repeat another sample of the new file. */
  newDuplicates: Listed<SampleRecord>;
}

/** The number of keys that are in memory at the same time. */
const MAX_KEYS = 750_000;

const OPEN = 0;
const SAME = 1;
const CHANGED = 2;

/**
 * Matches the samples of two files: equal samples first, then samples with the same prompt, then samples with the same answer.
 * The order of the samples does not matter.
 *
 * @param limit the number of samples to list of each kind
 */
export function compareRecords(
  before: SampleRecords,
  after: SampleRecords,
  limit: number,
  maxKeys = MAX_KEYS,
): Comparison {
  const matcher = new Matcher(before, after, limit, maxKeys);
  matcher.matchEqual();
  matcher.matchChanged("prompt");
  matcher.matchChanged("answer");
  return matcher.result();
}

/** Returns the samples of `records` that are also in `others`. */
export function sharedSamples(records: SampleRecords, others: SampleRecords, limit: number): Listed<SampleRecord> {
  const shared = new FirstByLine<SampleRecord>(limit, ({ line }) => line);
  forEachPart(others.count, MAX_KEYS, (keys, isInPart) => {
    others.forEach(({ content }) => {
      if (isInPart(content)) keys.addKey(content);
    });
    records.forEach((record) => {
      if (isInPart(record.content) && keys.has(record.content)) shared.add({ ...record });
    });
  });
  return shared.listed;
}

class Matcher {
  private readonly beforeStates: Uint8Array;
  private readonly afterStates: Uint8Array;
  private readonly changed: FirstByLine<Pair>;
  private readonly newDuplicates: FirstByLine<SampleRecord>;

  constructor(
    private readonly before: SampleRecords,
    private readonly after: SampleRecords,
    private readonly limit: number,
    private readonly maxKeys: number,
  ) {
    this.beforeStates = new Uint8Array(before.count);
    this.afterStates = new Uint8Array(after.count);
    this.changed = new FirstByLine(limit, (pair) => pair.after.line);
    this.newDuplicates = new FirstByLine(limit, ({ line }) => line);
  }

  matchEqual(): void {
    forEachPart(this.before.count + this.after.count, this.maxKeys, (queues, isInPart) => {
      this.queueOpen("content", queues, isInPart);
      this.after.forEach((record, number) => {
        const { content } = record;
        if (!isInPart(content)) return;
        const equal = queues.take(content);
        if (equal !== undefined) this.beforeStates[equal] = this.afterStates[number] = SAME;
        else if (queues.has(content)) this.newDuplicates.add({ ...record });
        else queues.addKey(content);
      });
    });
  }

  matchChanged(key: KeyName): void {
    forEachPart(this.before.count, this.maxKeys, (queues, isInPart) => {
      this.queueOpen(key, queues, isInPart);
      const listed = new Map<number, SampleRecord>();
      this.after.forEach((record, number) => {
        if (this.afterStates[number] !== OPEN || !isInPart(record[key])) return;
        const similar = queues.take(record[key]);
        if (similar === undefined) return;
        this.beforeStates[similar] = this.afterStates[number] = CHANGED;
        this.changed.count++;
        if (listed.size < this.limit && this.changed.wants(record.line)) listed.set(similar, { ...record });
      });
      this.listPairs(listed);
    });
  }

  result(): Comparison {
    return {
      unchanged: this.afterStates.reduce((sum, state) => sum + (state === SAME ? 1 : 0), 0),
      added: this.openRecords(this.after, this.afterStates),
      removed: this.openRecords(this.before, this.beforeStates),
      changed: this.changed.listed,
      newDuplicates: this.newDuplicates.listed,
    };
  }

  private queueOpen(key: KeyName, queues: KeyedQueues, isInPart: (key: number) => boolean): void {
    this.before.forEach((record, number) => {
      if (this.beforeStates[number] === OPEN && isInPart(record[key])) queues.add(record[key], number);
    });
  }

  /** @param listed the new records by the number of the old record */
  private listPairs(listed: ReadonlyMap<number, SampleRecord>): void {
    if (listed.size === 0) return;
    this.before.forEach((record, number) => {
      const after = listed.get(number);
      if (after) this.changed.keep({ before: { ...record }, after });
    });
  }

  private openRecords(records: SampleRecords, states: Uint8Array): Listed<SampleRecord> {
    const open: Listed<SampleRecord> = { count: 0, first: [] };
    records.forEach((record, number) => {
      if (states[number] !== OPEN) return;
      if (++open.count <= this.limit) open.first.push({ ...record });
    });
    return open;
  }
}

/** Divides the keys into parts that fit into one table, so that memory use does not depend on the number of samples. */
function forEachPart(
  keys: number,
  maxKeys: number,
  use: (queues: KeyedQueues, isInPart: (key: number) => boolean) => void,
): void {
  const parts = Math.max(1, Math.ceil(keys / maxKeys));
  // Hashes do not fill the parts equally.
  const queues = new KeyedQueues(1.1 * Math.min(keys, maxKeys));
  for (let part = 0; part < parts; part++) {
    queues.clear();
    // The low bits choose the slot in the table, so the part depends on the others.
    use(queues, (key) => Math.floor(key / 2 ** 24) % parts === part);
  }
}
