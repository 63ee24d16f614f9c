import { plural, redact } from "#common";
import type { Rules } from "#data";
import {
  InvalidResponseError,
  MissingApiKeyError,
  MistralClient,
  NotFoundError,
  PayloadTooLargeError,
  ServerError,
  type ShownRow,
  UnprocessableEntityError,
} from "../../client";
import { unencryptedWarning } from "../../lifecycle/connection/unencrypted";
import { type Marks, visible, visibleLine } from "../marks";
import { firstSamples, type PlacedSample } from "./firstSamples";
import { partsOf } from "./learnedParts";

/** The server's limit, so that every row of the samples is shown. */
const MAX_ROWS = 1_000;

/** The server tokenizes for up to 120 seconds, and one request at a time. */
const TIMEOUT_MS = 300_000;

/**
 * Returns the first valid samples of the files as the server's model sees them: the exact text of its tokens, with the learned text
 * marked. The server is the one in `MISTRAL_BASE_URL`, with the key in `MISTRAL_API_KEY`.
 *
 * @throws when the server cannot show rows, or the model rejects a sample
 */
export async function shownRows(
  files: string[],
  count: number,
  rules: Rules,
  marks: Marks,
  model: string,
): Promise<string> {
  const samples = await firstSamples(files, count, rules);
  if (samples.length === 0) return "no valid samples to show\n";
  const client = new MistralClient({
    baseUrl: process.env.MISTRAL_BASE_URL || undefined,
    apiKey: process.env.MISTRAL_API_KEY || undefined,
  });
  const warning = unencryptedWarning(client.baseUrl);
  if (warning) console.error(`warning: ${warning}`);
  const content = samples.map(({ text }) => `${text}\n`).join("");
  const { data } = await client.models
    .showRows(model, content, { rows: MAX_ROWS }, { timeoutMs: TIMEOUT_MS })
    .catch((error: unknown) => {
      throw explained(error, samples, model, client.baseUrl);
    });
  const secrets = process.env.MISTRAL_API_KEY ? [process.env.MISTRAL_API_KEY] : [];
  const clean = (text: string) => redact(text, secrets);
  const rows = data.slice(0, MAX_ROWS).map((row) => ({ ...row, text: clean(row.text), learned: clean(row.learned) }));
  const shown = rows.map((row) => rowText(row, rows, samples, marks));
  const limit = data.length >= MAX_ROWS ? ` Only the first ${plural(MAX_ROWS, "row")} are shown.` : "";
  const note = `The text that counts for the loss is ${marks.name}. This is the exact text of the tokens of ${visibleLine(model)} on ${client.baseUrl}.${limit}`;
  return `${shown.join("\n")}\n${note}\n`;
}

function rowText(row: ShownRow, all: ShownRow[], samples: PlacedSample[], marks: Marks): string {
  const learned = row.labels.filter((label) => label >= 0).length;
  const rowsOfSample = all.filter(({ line }) => line === row.line).length;
  const number = rowsOfSample > 1 ? `row ${row.row + 1} of ${rowsOfSample}: ` : "";
  const parts = partsOf(row);
  const text = parts
    ? parts.map((part) => (part.isLearned ? marks.learned(visible(part.text)) : visible(part.text))).join("")
    : `${visible(row.text)}\ncounts for the loss: ${marks.learned(visible(row.learned))}`;
  return `${placeOf(samples[row.line - 1])}: ${number}${plural(row.labels.length, "token")}, ${learned} of them count for the loss\n${text}\n`;
}

const placeOf = (sample: PlacedSample | undefined) => (sample ? `${visibleLine(sample.file)}:${sample.line}` : "?");

/** Returns an error that says what to do next. */
function explained(error: unknown, samples: PlacedSample[], model: string, server: string): unknown {
  const { MISTRAL_BASE_URL: set } = process.env;
  const chosen = set ? "" : " (the default, because MISTRAL_BASE_URL is not set)";
  if (error instanceof MissingApiKeyError) {
    return new Error(
      `No API key is set for ${server}${chosen}. Set MISTRAL_API_KEY, and MISTRAL_BASE_URL to your server.`,
    );
  }
  if (error instanceof UnprocessableEntityError) {
    const reason = (error.apiMessage ?? "").replace(/\bline (\d+):/g, (_, line) => `${placeOf(samples[line - 1])}:`);
    return new Error(`${server} could not show the samples with ${model}: ${reason}`);
  }
  if (error instanceof PayloadTooLargeError) {
    return new Error("--model: the samples are larger than 1 MiB. Show fewer samples with --show.");
  }
  const cannot = `${server}${chosen} cannot show the tokens of ${model}`;
  const instead = "Remove --model to print the samples without the server.";
  if (error instanceof ServerError && error.status === 501) {
    return new Error(`${cannot}: ${error.apiMessage ?? "not supported"}. ${instead}`);
  }
  if (error instanceof NotFoundError || error instanceof InvalidResponseError) {
    return new Error(
      `${cannot}: this needs mistral-fine-tuning-server with a training program, and a model of its models file. ${instead}`,
    );
  }
  return error;
}
