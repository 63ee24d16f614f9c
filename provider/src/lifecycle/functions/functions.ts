import type { z } from "zod";
import { InputProblem } from "../../inputs/problem";
import { schemaProblems } from "../../inputs/validation/validate";
import { type FunctionArgs, type FunctionName, type FunctionResult, functionSchemas } from "../../schema/functions";
import { getFineTuningJob, listFineTuningJobs } from "./jobs";
import { getModel } from "./model";
import type { FunctionHost } from "./onServer";

/** A function of the package. */
export interface ProviderFunction {
  args: z.ZodObject;
  result: z.ZodObject;
  /**
   * Runs the function with valid arguments.
   *
   * @returns the result, a JSON value without credentials and control characters
   * @throws MistralError with advice for Pulumi users
   */
  run(args: Record<string, unknown>, host: FunctionHost): Promise<Record<string, unknown>>;
}

/** All functions, by token. */
export const functions: ReadonlyMap<string, ProviderFunction> = new Map([
  ["mistral:index:getFineTuningJob", define("getFineTuningJob", getFineTuningJob)],
  ["mistral:index:listFineTuningJobs", define("listFineTuningJobs", listFineTuningJobs)],
  ["mistral:index:getModel", define("getModel", getModel)],
]);

function define<Name extends FunctionName>(
  name: Name,
  run: (args: FunctionArgs<Name>, host: FunctionHost) => Promise<FunctionResult<Name>>,
): ProviderFunction {
  const { args, result } = functionSchemas[name];
  return { args, result, run: (values, host) => run(values as FunctionArgs<Name>, host) };
}

/** Validates the arguments of a function. Each message has the argument's path and never its value. */
export function argumentProblems({ args }: ProviderFunction, values: Record<string, unknown>): InputProblem[] {
  return schemaProblems(args, values);
}

/**
 * Validates the arguments and runs the function.
 *
 * @throws InputProblem with the messages of all invalid arguments
 */
export async function runFunction(
  { args, run }: ProviderFunction,
  values: Record<string, unknown>,
  host: FunctionHost,
): Promise<Record<string, unknown>> {
  const problems = schemaProblems(args, values);
  if (problems.length > 0) throw new InputProblem("", problems.map(({ message }) => message).join("; "));
  return run(values, host);
}
