import { type Adapter, downloadScript, serveArguments, serveCommand, VLLM_IMAGE } from "./adapter";

/** A compose file: one service fetches the adapter, the other serves it on port 8000. */
export function composeFile(adapter: Adapter): object {
  return {
    services: {
      adapter: {
        image: "curlimages/curl:8.16.0",
        user: "root",
        entrypoint: ["sh", "-c"],
        command: [literal(downloadScript)],
        // biome-ignore lint/suspicious/noTemplateCurlyInString: compose fills it in
        environment: { ARTIFACT_URL: adapter.url, MISTRAL_API_KEY: "${MISTRAL_API_KEY:-}" },
        volumes: ["adapters:/adapters"],
      },
      vllm: {
        image: VLLM_IMAGE,
        entrypoint: serveCommand.map(literal),
        command: serveArguments(adapter).map(literal),
        ports: ["8000:8000"],
        volumes: ["adapters:/adapters:ro", "models:/root/.cache/huggingface"],
        depends_on: { adapter: { condition: "service_completed_successfully" } },
        deploy: { resources: { reservations: { devices: [{ driver: "nvidia", count: 1, capabilities: ["gpu"] }] } } },
      },
    },
    volumes: { adapters: {}, models: {} },
  };
}

/** Escapes dollar signs: Compose would replace them with variables of its own environment. */
function literal(text: string): string {
  return text.replaceAll("$", "$$$$");
}
