import { chmod, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Writes an executable shell script. */
export async function executable(path: string, script: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
}

/**
 * Creates a fake `go` in `home/bin`. Its `go build` writes a program that prints the CLI's version, and appends the program's name to
 * `home/builds`. Its `go list` prints the folder `home/module/main`.
 */
export function createFakeGo(home: string, version: string, toolchain = "local"): Promise<void> {
  return executable(
    join(home, "bin/go"),
    `case "$1" in
  env) printf '%s\\n' ${version} ${toolchain} ;;
  list) echo ${join(home, "module/main")} ;;
  build)
    for last in "$@"; do [ "$previous" = "-o" ] && out=$last; previous=$last; done
    file=$out$(basename "$last")
    printf '#!/bin/sh\\necho v3.259.0\\n' > "$file" && chmod +x "$file"
    basename "$last" >> ${join(home, "builds")} ;;
esac`,
  );
}
