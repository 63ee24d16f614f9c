/** What is served: a base model, and the adapter that was trained on it. */
export interface Adapter {
  /** A hub id, or a path that vLLM can read. */
  baseModel: string;
  /** The fine-tuned model's ID. Clients send it in the field `model`. */
  name: string;
  /** Where the adapter can be downloaded as a tar archive. */
  url: string;
}

/** The tests start this version with the arguments below. */
export const VLLM_IMAGE = "vllm/vllm-openai:v0.32.0";

const FOLDER = "/adapters/current";

/** Downloads the adapter; the key of the server that trained it comes from the environment. */
export const downloadScript = [
  `mkdir -p ${FOLDER}`,
  // Without a key in the environment no header is sent, for a server that asks for none.
  `curl --fail --silent --show-error --location \${MISTRAL_API_KEY:+--oauth2-bearer "$MISTRAL_API_KEY"} "$ARTIFACT_URL" | tar -x --strip-components=1 -C ${FOLDER}`,
].join(" && ");

/** Prints the adapter's highest rank, rounded up to a value that vLLM accepts. */
const printRank = [
  "import json",
  `config = json.load(open("${FOLDER}/adapter_config.json"))`,
  'rank = max(config["r"], *config.get("rank_pattern", {}).values(), 1)',
  "print(min(size for size in (8, 16, 32, 64, 128, 256, 320, 512) if size >= rank))",
].join("; ");

/**
 * Starts vLLM with the arguments that follow. The rank and the chat template come from the downloaded adapter. The template of
 * the base model can be missing, or can differ from the one that was trained.
 */
export const serveCommand = [
  "sh",
  "-ec",
  `rank=$(python3 -c '${printRank}')
if [ -f ${FOLDER}/chat_template.jinja ]; then set -- "$@" --chat-template ${FOLDER}/chat_template.jinja; fi
exec vllm serve "$@" --max-lora-rank "$rank"`,
  "vllm",
];

/** The arguments of `serveCommand`. */
export function serveArguments({ baseModel, name }: Adapter): string[] {
  return [baseModel, "--enable-lora", "--lora-modules", `${name}=${FOLDER}`];
}
