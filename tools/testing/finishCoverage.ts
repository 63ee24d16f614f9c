/**
 * Loaded into each mocha worker when the coverage is measured.
 *
 * Node.js writes a process's coverage when it exits, which takes seconds after many test files. The worker pool sends SIGTERM
 * one second after it has asked a worker to exit, so a worker that needs longer loses what it measured. With a listener, SIGTERM
 * does not end the worker, which is exiting already.
 */
process.on("SIGTERM", () => {});
