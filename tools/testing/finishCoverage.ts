/**
 * Loaded into each mocha worker when the coverage is measured.
 *
 * Node.js writes a process's coverage when it exits, which takes seconds after many test files. The worker pool sends SIGTERM
 * one second after it has asked a worker to exit, so the workers lost what they had measured: 13.6 % was the coverage of the
 * servers that tests start, and of nothing else. With a listener, SIGTERM does not end the worker, which is exiting already.
 */
process.on("SIGTERM", () => {});
