import assert from "node:assert/strict";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Program } from "../../../../server/dist/trainers/program/command/program";
import { folder } from "../../support";

describe("server: the command capabilities", () => {
  /** Returns a program that runs a shell script. Each run appends a line to the file `runs`. */
  function programOf(script: string): { program: Program; runs: () => number; file: (name: string) => string } {
    const data = folder();
    const file = (name: string) => join(data, name);
    writeFileSync(file("program.sh"), `echo run >> ${file("runs")}\n${script}\n`);
    appendFileSync(file("runs"), "");
    const program = new Program(["/bin/sh", file("program.sh")]);
    return { program, runs: () => readFileSync(file("runs"), "utf8").split("\n").length - 1, file };
  }
  const declared = `echo '{"version": 1, "plan": true}'`;

  it("runs once, also when the program does not have it", async () => {
    for (const [script, plan] of [
      [declared, true],
      ["exit 1", false],
      ["echo text", false],
    ] as const) {
      const { program, runs } = programOf(script);
      assert.equal((await program.capabilities()).plan, plan);
      await program.capabilities();
      assert.equal(runs(), 1);
      await program.close();
    }
  });

  it("runs again when it is killed, for example because the machine has no memory left", async () => {
    const { program, runs } = programOf(`[ $(wc -l < "$(dirname "$0")/runs") -gt 1 ] || kill -9 $$\n${declared}`);
    assert.equal((await program.capabilities()).plan, true);
    assert.equal(runs(), 2);
    await program.close();
  });

  it("is unknown after three kills, and the next job asks again", async function () {
    this.timeout(20_000);
    const { program, runs, file } = programOf(`[ -e "$(dirname "$0")/memory" ] || kill -9 $$\n${declared}`);
    await assert.rejects(program.capabilities(), /was killed 3 times; check the memory/);
    assert.equal(runs(), 3);
    writeFileSync(file("memory"), "");
    assert.equal((await program.capabilities()).plan, true);
    await program.close();
  });
});
