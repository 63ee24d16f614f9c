/**
 * `npm run pictures`: makes the pictures in docs/pictures from real runs: trainings of a tiny model with the recipe, and
 * `pulumi up` with the real engine. It needs the recipe's environment and Chromium, and takes about ten minutes.
 */
import { mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { TestServer } from "../test/support/server";
import { chromiumArgs, findOrGetChromium } from "./chromium";
import { ExplainedError, runMain } from "./main";
import { takePictures } from "./pictures/shots";
import { terminalPage, upWithColors } from "./pictures/terminal";
import { cancel, startTrainingServer, trainOthers } from "./pictures/trainings";

const pictures = resolve(__dirname, "../docs/pictures");
const MAX_BYTES = 200_000;

runMain(async () => {
  const folder = await mkdtemp(join(tmpdir(), "pictures-"));
  let browser: Browser | undefined;
  try {
    browser = await chromium.launch({ executablePath: await findOrGetChromium(), args: [...chromiumArgs] });
    const server = await startTrainingServer(folder);
    const terminal = terminalPage("pulumi up --yes --skip-preview", await upWithColors(server.url));
    const jobs = await trainOthers(server.url);
    await mkdir(pictures, { recursive: true });
    const files = await takePictures(browser, server.url, terminal, jobs, pictures);
    await cancel(server.url, jobs.running);
    for (const file of files) {
      const { size } = await stat(join(pictures, file));
      console.log(`docs/pictures/${file}: ${Math.round(size / 1000)} kB`);
      if (size > MAX_BYTES) throw new ExplainedError(`docs/pictures/${file} is larger than ${MAX_BYTES / 1000} kB.`);
    }
  } finally {
    await browser?.close();
    await TestServer.killAll();
    await rm(folder, { recursive: true, force: true });
  }
});
