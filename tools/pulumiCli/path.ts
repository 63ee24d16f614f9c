import which from "which";
import { type CliSource, NotInstalled } from "./source";
import { verify } from "./verify";

export const onPath: CliSource = {
  title: "the `pulumi` on PATH",
  async get({ env }) {
    const binary = await which("pulumi", { path: env.PATH ?? "", nothrow: true });
    if (!binary) throw new NotInstalled("not found");
    return verify(binary, env);
  },
};
