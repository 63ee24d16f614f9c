import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import { composeFile } from "./compose";
import { kubernetesManifest } from "./kubernetes";

// The stack that trained has the outputs of its FineTuningJob: fineTunedModel and artifactUrl.
const config = new pulumi.Config();
const training = new pulumi.StackReference(config.require("training"));
const adapter = {
  baseModel: config.require("baseModel"),
  name: training.requireOutput("fineTunedModel") as pulumi.Output<string>,
  url: training.requireOutput("artifactUrl") as pulumi.Output<string>,
};

// pulumi stack output compose > compose.yaml && docker compose up
export const compose = pulumi.output(adapter).apply((it) => stringify(composeFile(it)));

// pulumi stack output kubernetes | kubectl apply -f -
export const kubernetes = pulumi.output(adapter).apply((it) =>
  kubernetesManifest(it)
    .map((each) => stringify(each))
    .join("---\n"),
);
