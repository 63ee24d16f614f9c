/**
 * The commands of the Pulumi CLI that the documentation uses, with the flags that it uses. `test/engine/documentedCommands.test.ts`
 * compares them with the help texts of the real CLI.
 */
export const pulumiUsage: Record<string, readonly string[]> = {
  cancel: [],
  "config set": ["--path", "--secret"],
  destroy: ["--yes", "--refresh", "--run-program"],
  import: ["--yes", "--out"],
  login: ["--local"],
  "package add": [],
  "package get-schema": [],
  "plugin install": ["--file", "--server"],
  preview: ["--diff", "--expect-no-changes"],
  refresh: ["--clear-pending-creates", "--run-program"],
  "stack export": [],
  "stack init": [],
  "stack ls": ["--all"],
  "stack output": ["--json"],
  "state delete": [],
  "state taint": [],
  up: ["--yes", "--replace", "--logtostderr", "-v"],
};
