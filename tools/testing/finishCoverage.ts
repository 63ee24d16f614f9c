/**
 * Loaded into each mocha worker when the coverage is measured.
 *
 * Node.js writes a process's coverage when it exits, which takes seconds after many test files. The worker pool sends SIGTERM
 * one second after it has asked a worker to exit, so a slower worker loses its coverage. With this listener, SIGTERM does not end
 * the worker, which is already exiting.
 */
process.on("SIGTERM", () => {});
