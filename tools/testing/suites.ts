/** Test files as mocha's glob patterns. */
export interface TestFiles {
  files: readonly string[];
  except?: readonly string[];
}

const python = ["test/conformance/client.python.test.ts", "test/conformance/schemathesis.test.ts"];
const ray = ["test/server/trainers/ray/rayTrainer.test.ts"];
/** The slow files that start servers, training programs or commands. */
const programs = [
  "test/server/trainers/process/**/*.test.ts",
  "test/server/trainers/program/{artifact,plan}.test.ts",
  "test/server/trainers/ray/launcher.test.ts",
  "test/server/cli/**/*.test.ts",
  "test/server/http/{operations,rows}.test.ts",
  "test/server/jobs/restart.test.ts",
  "test/server/webhooks/{delivery,killed}.test.ts",
  "test/provider/cli/{check,diff,plotAndCompare}.test.ts",
  "test/provider/client/http/proxy.test.ts",
  "test/provider/hosts/{bothHosts,hostileRequests,liveIds}.test.ts",
  "test/provider/lifecycle/uploads/remoteAsset.test.ts",
  "test/support/sequence.test.ts",
  "test/tools/release.test.ts",
];
/** The life of a job, the examples, and the upgrade from earlier releases. */
const coreEngine = [
  ...["badInput", "data", "examples", "functions", "lifecycle", "revert", "running", "schema", "secrets"].map(
    (name) => `test/engine/${name}.test.ts`,
  ),
  "test/upgrade/**/*.test.ts",
];

/** Which suite a test file belongs to: its folder decides, except for the few files that are named above. */
export const suites = {
  /** Needs neither a Pulumi CLI nor Python, and takes a minute. */
  unit: {
    files: ["test/{common,data,docs,examples,provider,server,support,tools}/**/*.test.ts", "test/page/unit/*.test.ts"],
    except: [...ray, ...programs],
  },
  /** Starts servers, training programs and commands, and sends the server random requests. */
  integration: { files: [...programs, "test/conformance/**/*.test.ts"], except: python },
  /** Drives the real Pulumi CLI. */
  engine: { files: ["test/{engine,upgrade}/**/*.test.ts"] },
  /** `npm test` runs these engine tests. `npm run test:all` then runs the others. */
  coreEngine: { files: coreEngine },
  otherEngine: { files: ["test/engine/**/*.test.ts"], except: coreEngine },
  /** Injects faults at the most critical requests; `npm run test:crash` injects faults at every request. */
  crash: { files: ["test/crash/**/*.test.ts"] },
  /** Opens the server's page in Chromium. */
  page: { files: ["test/page/**/*.test.ts"], except: ["test/page/unit/*.test.ts"] },
  /** Generates, packs and installs the SDKs of the other languages. */
  sdk: { files: ["test/sdk/**/*.test.ts"] },
  /** Installs the packed packages as users do. */
  layouts: { files: ["test/layouts/**/*.test.ts"] },
  /** The official Python client, schemathesis and a real Ray cluster. */
  python: { files: [...python, ...ray] },
  /** Trains a tiny model with the recipe and with an own program, and serves it with vLLM. */
  training: { files: ["test/training/**/*.test.ts"] },
} satisfies Record<string, TestFiles>;

/** The tests that coverage is measured for: they run the sources in mocha's own processes. */
export const covered: TestFiles = {
  files: [...suites.unit.files, ...suites.integration.files],
  except: [...ray, ...python],
};
