import type { Page } from "./pages";

interface Group {
  text: string;
  items: { text: string; link: string }[];
}

/** The structure of the site: groups of pages, in reading order. */
export const groups: readonly Group[] = [
  {
    text: "Start",
    items: [
      { text: "Overview", link: "/" },
      { text: "Install", link: "/install" },
      { text: "Quickstart", link: "/examples/quickstart" },
    ],
  },
  {
    text: "Languages",
    items: [
      { text: "All languages", link: "/languages" },
      { text: "YAML", link: "/examples/plugin-yaml" },
      { text: "Python", link: "/examples/plugin-python" },
      { text: "Go", link: "/examples/plugin-go" },
      { text: "TypeScript", link: "/examples/plugin-typescript" },
    ],
  },
  {
    text: "How to",
    items: [
      { text: "Check and compare training data", link: "/data" },
      { text: "Approve costs: review gates", link: "/costs" },
      { text: "Watch trainings in a browser", link: "/page" },
      { text: "See what a job did", link: "/results" },
      { text: "A classifier with a review gate", link: "/examples/classifier" },
      { text: "Review trainings in pull requests", link: "/gitops" },
      { text: "A repository for pull requests", link: "/examples/gitops" },
      { text: "Recover from interruptions", link: "/recovery" },
      { text: "Train on your own machine", link: "/examples/self-hosted" },
      { text: "Run the server", link: "/server" },
      { text: "Get notified", link: "/notifications" },
      { text: "Use your own training program", link: "/examples/own-program" },
      { text: "Try several hyperparameters", link: "/examples/sweep" },
      { text: "Serve a model with vLLM", link: "/examples/deploy-vllm" },
      { text: "Deploy the model's ID", link: "/examples/deployment" },
      { text: "Deploy only approved models", link: "/examples/approval" },
    ],
  },
  {
    text: "Reference",
    items: [
      { text: "FineTuningJob", link: "/reference" },
      { text: "ModelApproval", link: "/reference/approval" },
      { text: "Commands", link: "/reference/commands" },
      { text: "Models file of the server", link: "/reference/models-file" },
      { text: "Routes of the server", link: "/reference/api" },
      { text: "Interface of training programs", link: "/training-programs" },
      { text: "Included training recipe", link: "/training-recipe" },
      { text: "Changelog", link: "/changelog" },
    ],
  },
  {
    text: "Background",
    items: [
      { text: "Security model", link: "/security" },
      { text: "Report a vulnerability", link: "/report-a-vulnerability" },
      { text: "Benchmarks", link: "/benchmarks" },
      { text: "Architecture", link: "/architecture" },
      { text: "Contributing", link: "/contributing" },
    ],
  },
];

/** Adds the pages that no group lists: an example gets into the sidebar without an entry above. */
export function sidebarOf(pages: readonly Page[]): Group[] {
  const listed = new Set(groups.flatMap(({ items }) => items.map(({ link }) => link)));
  const others = pages.filter(({ link }) => !listed.has(link)).map(({ title, link }) => ({ text: title, link }));
  return others.length > 0 ? [...groups, { text: "More", items: others }] : [...groups];
}
