import { type Adapter, downloadScript, serveArguments, serveCommand, VLLM_IMAGE } from "./adapter";

const labels = { app: "vllm" };

/**
 * A deployment that fetches the adapter before vLLM starts, and its service. The key of the server that trained, where it asks
 * for one, is in the secret `mistral-api-key` under `key`.
 */
export function kubernetesManifest(adapter: Adapter): object[] {
  const adapters = { name: "adapters", mountPath: "/adapters" };
  return [
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "vllm", labels },
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            initContainers: [
              {
                name: "adapter",
                image: "curlimages/curl:8.16.0",
                command: ["sh", "-c", downloadScript],
                env: [
                  { name: "ARTIFACT_URL", value: adapter.url },
                  {
                    name: "MISTRAL_API_KEY",
                    valueFrom: { secretKeyRef: { name: "mistral-api-key", key: "key", optional: true } },
                  },
                ],
                volumeMounts: [adapters],
              },
            ],
            containers: [
              {
                name: "vllm",
                image: VLLM_IMAGE,
                command: serveCommand,
                args: serveArguments(adapter),
                ports: [{ name: "http", containerPort: 8000 }],
                readinessProbe: { httpGet: { path: "/health", port: "http" } },
                resources: { limits: { "nvidia.com/gpu": 1 } },
                volumeMounts: [{ ...adapters, readOnly: true }],
              },
            ],
            volumes: [{ name: "adapters", emptyDir: {} }],
          },
        },
      },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "vllm", labels },
      spec: { selector: labels, ports: [{ name: "http", port: 8000, targetPort: "http" }] },
    },
  ];
}
