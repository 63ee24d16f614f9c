#!/usr/bin/env node
try {
  require("@pulumi/pulumi/package.json");
} catch {
  console.error("pulumi-resource-mistral needs the npm package @pulumi/pulumi: run `npm install @pulumi/pulumi`");
  process.exit(1);
}
require("../dist/plugin.js");
