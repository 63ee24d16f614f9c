/** What is served: a base model, and the adapter that was trained on it. */
export interface Adapter {
  /** A hub id, or a path that vLLM can read. */
  baseModel: string;
  /** The fine-tuned model's ID: the name by which clients ask for it. */
  name: string;
  /** Where the adapter can be downloaded as a tar archive. */
  url: string;
}

const FOLDER = "/adapters/current";

/** Downloads the adapter; the key of the server that trained it comes from the environment. */
export const downloadScript = [
  `mkdir -p ${FOLDER}`,
  // Without a key in the environment no header is sent, for a server that asks for none.
  `curl --fail --silent --show-error --location \${MISTRAL_API_KEY:+--oauth2-bearer "$MISTRAL_API_KEY"} "$ARTIFACT_URL" | tar -x --strip-components=1 -C ${FOLDER}`,
].join(" && ");

/** vLLM's arguments: clients ask for the adapter by the fine-tuned model's ID. */
export function serveArguments({ baseModel, name }: Adapter): string[] {
  return ["--model", baseModel, "--enable-lora", "--max-lora-rank", "64", "--lora-modules", `${name}=${FOLDER}`];
}
