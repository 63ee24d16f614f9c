/** `npm run pack:sdk -- <folder>`: packs the SDKs for Node.js and Python into a folder. Needs Python. */
import { ExplainedError, runMain } from "./main";
import { packSdks } from "./sdk/pack";

const [folder, ...rest] = process.argv.slice(2);

runMain(async () => {
  if (!folder || rest.length > 0) throw new ExplainedError("Usage: npm run pack:sdk -- <folder>");
  for (const path of await packSdks(folder)) console.log(path);
});
