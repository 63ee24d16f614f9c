// Preloaded into a server: kills the server when it is about to do what the file KILL_BEFORE names: `commit` its writes to the
// database, or `remove` the files of an artifact.
const { existsSync, readFileSync } = require("node:fs");
const promises = require("node:fs/promises");
const Database = require("libsql");

const isDue = (what) => existsSync(process.env.KILL_BEFORE) && readFileSync(process.env.KILL_BEFORE, "utf8") === what;
const kill = () => process.kill(process.pid, "SIGKILL");

const { exec } = Database.prototype;
Database.prototype.exec = function (sql) {
  if (sql === "COMMIT" && isDue("commit")) kill();
  return exec.call(this, sql);
};

const { rm } = promises;
promises.rm = (path, options) => {
  if (String(path).endsWith("artifact") && isDue("remove")) kill();
  return rm(path, options);
};
