import { repository } from "./repository";

/** The Go module of the SDK: below the repository, or a path that Go reserves for examples and nobody can register. */
export const goModule = `${repository ? `${repository.host}/${repository.path}` : "example.com/pulumi-mistral"}/sdk/go`;

const readme = (install: string) =>
  `SDK of the Pulumi provider for Mistral fine-tuning jobs. ${install} The provider itself is the plugin \`pulumi-resource-mistral\`.`;

/** Names and dependencies of the SDKs. */
export const languages = {
  nodejs: {
    // `pulumi-mistral` is the package with the provider and the dynamic resource.
    packageName: "pulumi-mistral-sdk",
    packageDescription: "SDK of the Pulumi provider for Mistral fine-tuning jobs",
    readme: readme("`npm install pulumi-mistral-sdk @pulumi/pulumi`."),
    // A peer, so that the SDK uses the program's own copy. The generated code needs 3.142; a newer minimum would make `npm install` fail
    // in most infrastructure repositories.
    peerDependencies: { "@pulumi/pulumi": "^3.142.0" },
    devDependencies: { "@pulumi/pulumi": "^3.142.0" },
    typescriptVersion: "^5.9.0",
    respectSchemaVersion: true,
  },
  python: {
    packageName: "pulumi_mistral",
    pyproject: { enabled: true },
    pythonRequires: ">=3.10",
    readme: readme("`pip install pulumi_mistral`."),
    respectSchemaVersion: true,
  },
  go: {
    importBasePath: `${goModule}/mistral`,
    modulePath: goModule,
    rootPackageName: "mistral",
    generateResourceContainerTypes: true,
    respectSchemaVersion: true,
  },
};
