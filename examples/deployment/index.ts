import * as pulumi from "@pulumi/pulumi";
import { configMap, envFile } from "./render";

const config = new pulumi.Config();
const training = new pulumi.StackReference(config.require("training"));
// Fails without a model, for example when the training has failed. The application then keeps the model that it has.
const settings = pulumi
  .output(training.requireOutput("fineTunedModel"))
  .apply((model) => ({ model: String(model), apiUrl: config.require("apiUrl") }));

/** The deployed model. The next deployment makes it the old one. */
export const model = settings.model;

// pulumi stack output manifest | kubectl apply -f -
export const manifest = settings.apply(configMap);

// pulumi stack output environment > model.env
export const environment = settings.apply(envFile);
