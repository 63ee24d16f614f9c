/** `node -r ts-node/register/transpile-only tools/page.ts`: builds the server's page. Compile the packages first. */
import { runMain } from "./main";
import { buildPage } from "./page/buildPage";

runMain(buildPage);
