import { availableParallelism } from "node:os";
import type { Worker } from "node:worker_threads";
import type { Batch, BatchOptions, BatchReport } from "../inspection/checkBatch";
import { startThread } from "./startThread";
import { ThreadError } from "./threadError";

/** What a thread receives. */
export interface ThreadTask extends Batch, Omit<BatchOptions, "rules"> {
  /** As JSON, so that a thread parses the rules of a file only once. */
  rules: string;
}

interface Task {
  content: ThreadTask;
  resolve(report: BatchReport): void;
  reject(error: unknown): void;
}

interface Thread {
  worker: Worker;
  /** The first task is being checked. The second one waits in the thread, so that the thread is never idle. */
  tasks: Task[];
  idle?: NodeJS.Timeout;
}

const TASKS_PER_THREAD = 2;

/** An idle thread ends after this time. */
const IDLE_MS = 2_000;

/** Small, because samples are short-lived, and their memory is then reused soon. */
const YOUNG_MEGABYTES = 8;

/**
 * Threads that check batches of lines. Starts a thread when one is needed, and ends it when it is idle. Written here because the
 * common libraries end every running task of a thread when one is aborted, and take twice as long to start.
 */
export class CheckThreads {
  private readonly threads = new Set<Thread>();
  private queue: Task[] = [];

  /**
   * @param max the largest number of threads
   * @param heapMegabytes the largest heap of a thread; `checkJsonSize` keeps the need of a sample far below the default
   */
  constructor(
    private readonly max: number,
    private readonly heapMegabytes = 512,
  ) {}

  /** The number of tasks that keep all threads busy. */
  get capacity(): number {
    return this.max * TASKS_PER_THREAD;
  }

  /**
   * Checks a batch in a thread.
   *
   * @param signal ends a running check at once, also in the middle of a long line
   * @throws {ThreadError} no thread can be started, or the thread ended early: a retry may succeed
   * @throws an error with the code `ERR_WORKER_OUT_OF_MEMORY` when the check needs too much memory
   */
  run(content: ThreadTask, signal?: AbortSignal): Promise<BatchReport> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const onAbort = () => this.abort(task, signal?.reason);
      const task: Task = {
        content,
        resolve: (report) => {
          signal?.removeEventListener("abort", onAbort);
          resolve(report);
        },
        reject: (error) => {
          signal?.removeEventListener("abort", onAbort);
          reject(error);
        },
      };
      signal?.addEventListener("abort", onAbort);
      this.queue.push(task);
      this.dispatch();
    });
  }

  private dispatch(): void {
    while (this.queue.length > 0) {
      let thread: Thread | undefined;
      try {
        thread = this.freeThread();
      } catch (error) {
        // No thread is left that could take the tasks later.
        for (const task of this.queue.splice(0)) task.reject(error);
      }
      if (!thread) return;
      const task = this.queue.shift() as Task;
      clearTimeout(thread.idle);
      thread.tasks.push(task);
      thread.worker.ref();
      thread.worker.postMessage(task.content);
    }
  }

  /**
   * Returns the thread with the fewest tasks, or a new one. When a new one cannot be started, the others do its work.
   *
   * @throws {ThreadError} no thread is running, and none can be started
   */
  private freeThread(): Thread | undefined {
    let best: Thread | undefined;
    for (const each of this.threads) if (!best || each.tasks.length < best.tasks.length) best = each;
    if (best?.tasks.length === 0) return best;
    if (this.threads.size < this.max) {
      try {
        return this.start();
      } catch (error) {
        if (!best) throw new ThreadError(`Cannot start a thread that checks data: ${(error as Error).message}`);
      }
    }
    return best && best.tasks.length < TASKS_PER_THREAD ? best : undefined;
  }

  private start(): Thread {
    const worker = startThread({
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES, maxOldGenerationSizeMb: this.heapMegabytes },
    });
    const thread: Thread = { worker, tasks: [] };
    this.threads.add(thread);
    worker.on("message", (report: BatchReport) => {
      thread.tasks.shift()?.resolve(report);
      this.dispatch();
      if (thread.tasks.length === 0) this.endWhenIdle(thread);
    });
    worker.on("error", (error) => this.remove(thread, error));
    worker.on("exit", (code) =>
      this.remove(thread, new ThreadError(`A thread that checks data ended with code ${code}`)),
    );
    return thread;
  }

  private endWhenIdle(thread: Thread): void {
    thread.worker.unref();
    thread.idle = setTimeout(() => {
      this.threads.delete(thread);
      thread.worker.postMessage(undefined);
    }, IDLE_MS).unref();
  }

  /** Fails the task of a thread that ended, and gives its other tasks to other threads. */
  private remove(thread: Thread, error: unknown): void {
    if (!this.threads.delete(thread)) return;
    const [failed, ...others] = thread.tasks;
    this.queue = [...others, ...this.queue];
    failed?.reject(error);
    this.dispatch();
  }

  private abort(task: Task, reason: unknown): void {
    this.queue = this.queue.filter((each) => each !== task);
    for (const thread of this.threads) {
      if (!thread.tasks.includes(task)) continue;
      this.threads.delete(thread);
      this.queue = [...thread.tasks.filter((each) => each !== task), ...this.queue];
      void thread.worker.terminate();
    }
    task.reject(reason);
    this.dispatch();
  }
}

/** More threads would wait for the thread that reads the file. */
const MAX_THREADS = 4;

let shared: CheckThreads | undefined;

/** Returns the threads that all inspections of this process share. */
export function defaultThreads(): CheckThreads {
  shared ??= new CheckThreads(Math.min(availableParallelism(), MAX_THREADS));
  return shared;
}
