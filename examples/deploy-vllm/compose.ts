import { type Adapter, downloadScript, serveArguments } from "./adapter";

/** A compose file: one service fetches the adapter, the other serves it on port 8000. */
export function composeFile(adapter: Adapter): object {
  return {
    services: {
      adapter: {
        image: "curlimages/curl:8.16.0",
        user: "root",
        entrypoint: ["sh", "-c"],
        // Compose would fill in a single dollar sign itself.
        command: [downloadScript.replaceAll("$", "$$$$")],
        // biome-ignore lint/suspicious/noTemplateCurlyInString: compose fills it in
        environment: { ARTIFACT_URL: adapter.url, MISTRAL_API_KEY: "${MISTRAL_API_KEY:-}" },
        volumes: ["adapters:/adapters"],
      },
      vllm: {
        image: "vllm/vllm-openai:v0.11.0",
        command: serveArguments(adapter),
        ports: ["8000:8000"],
        volumes: ["adapters:/adapters:ro", "models:/root/.cache/huggingface"],
        depends_on: { adapter: { condition: "service_completed_successfully" } },
        deploy: { resources: { reservations: { devices: [{ driver: "nvidia", count: 1, capabilities: ["gpu"] }] } } },
      },
    },
    volumes: { adapters: {}, models: {} },
  };
}
