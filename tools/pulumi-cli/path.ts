import which from "which";
import { verify } from "./verify";
import { NotThere, type Way } from "./way";

export const onPath: Way = {
  title: "the `pulumi` on PATH",
  async get({ env }) {
    const binary = await which("pulumi", { path: env.PATH ?? "", nothrow: true });
    if (!binary) throw new NotThere("there is none");
    return verify(binary, env);
  },
};
