import type { InputProblem } from "../problem";
import { REQUIRED } from "./messages";

/** The credentials that an API never returns, so an import cannot have them. */
const CREDENTIAL = /^(repositories|integrations)\[(\d+)\]\.(token|apiKey)$/;

/**
 * Sets aside the problems of credentials that are missing both in the inputs and in the state: the job was imported. They are only
 * needed to train again.
 */
export function withoutUnreturnedSecrets(
  all: readonly InputProblem[],
  olds: Record<string, unknown>,
): { problems: InputProblem[]; unreturned: InputProblem[] } {
  const isUnreturned = ({ path, message }: InputProblem) => {
    const [, list = "", index, field = ""] = CREDENTIAL.exec(path) ?? [];
    const recorded = (olds[list] as Record<string, unknown>[] | undefined)?.[Number(index)];
    return message.endsWith(REQUIRED) && recorded !== undefined && recorded[field] === undefined;
  };
  return {
    problems: all.filter((problem) => !isUnreturned(problem)),
    unreturned: all.filter(isUnreturned),
  };
}
