// Preloaded into a server: kills the server at the moment that the file KILL_AT names. `stored`: a notification is durable, and
// nothing was sent. `delivered`: a notification was received, but is not removed yet. Also shortens the delays.
const { existsSync, readFileSync } = require("node:fs");
const Database = require("libsql");
const { DELAYS } = require("../../../server/dist/webhooks/schedule.js");

DELAYS.splice(0, DELAYS.length, ...Array(50).fill(200));

const isDue = (moment) => existsSync(process.env.KILL_AT) && readFileSync(process.env.KILL_AT, "utf8") === moment;
const kill = () => process.kill(process.pid, "SIGKILL");

let before = 0;
const { exec } = Database.prototype;
Database.prototype.exec = function (sql) {
  if (sql !== "COMMIT") return exec.call(this, sql);
  const { count } = this.prepare("SELECT count(*) AS count FROM webhook_deliveries").get();
  if (count < before && isDue("delivered")) kill();
  const result = exec.call(this, sql);
  if (count > before && isDue("stored")) kill();
  before = count;
  return result;
};
