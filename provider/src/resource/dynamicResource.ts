import * as pulumi from "@pulumi/pulumi";
import { warnAboutPlainTextKey, withSecrets } from "./secrets";
import { validateArgs } from "./validateArgs";

/** Frozen: the URN of every resource contains the module. */
const MODULE = "mistral";

/** What the classes of the dynamic provider differ in. */
interface DynamicType<Args extends object> {
  type: string;
  provider: pulumi.dynamic.ResourceProvider;
  outputNames: readonly string[];
  /** Converts the arguments for Pulumi's SDK. */
  prepare?: (args: Args) => Args;
}

const dynamicToken = (type: string) => `pulumi-nodejs:dynamic/${MODULE}:${type}`;
/** The plugin's type. With this alias, a stack can move from the plugin to the class without any change to its resources. */
const pluginToken = (type: string) => `${MODULE}:index:${type}`;

/** Whether a value is a resource of the class, including one from another copy of this package. */
export const isInstance = (value: unknown, type: string): boolean =>
  pulumi.Resource.isInstance(value) && Reflect.get(value, "__pulumiType") === dynamicToken(type);

/** A resource of the dynamic provider. Validates the arguments, marks the credentials as secret, and adds what Pulumi does not send. */
export abstract class DynamicResource<Args extends object> extends pulumi.dynamic.Resource {
  constructor(
    { type, provider, outputNames, prepare = (args) => args }: DynamicType<Args>,
    name: string,
    args: Args,
    opts: pulumi.CustomResourceOptions,
  ) {
    validateArgs(type, name, args, opts);
    warnAboutPlainTextKey();
    // Pulumi only sets outputs that are named in the constructor.
    const outputs = Object.fromEntries(outputNames.map((output) => [output, undefined]));
    // The SDK records a stack trace for each of four promises per output, and prints it only if a promise leaks. In a program with
    // 100 jobs, recording these stack traces took more time than the rest of the program (see docs/benchmarks.md).
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      super(
        provider,
        name,
        {
          ...outputs,
          ...withSecrets(prepare(args)),
          __urn: pulumi.createUrn(name, dynamicToken(type), opts.parent && urnWithoutDependency(opts.parent)),
          __organization: pulumi.getOrganization(),
          __timeouts: opts.customTimeouts,
        },
        { ...opts, aliases: [...(opts.aliases ?? []), { type: pluginToken(type) }] },
        MODULE,
        type,
      );
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  }
}

/**
 * Returns a resource's URN as an output without a dependency on the resource. Depending on a component means depending on all its
 * children, so a job in a component would wait for itself (observed with two jobs in one component).
 */
function urnWithoutDependency({ urn }: pulumi.Resource): pulumi.Output<string> {
  return pulumi.output(new Promise<string>((known) => void urn.apply(known)));
}
