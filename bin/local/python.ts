/** Runs a program and answers what it printed, or undefined when it is not there or fails. */
export type Probe = (command: string, parameters: readonly string[]) => Promise<string | undefined>;

/** A way to install Python packages without touching anything of the machine's own. */
export type Installer =
  | { readonly kind: "uv" }
  /** A virtual environment of this interpreter. */
  | { readonly kind: "venv"; readonly python: string }
  /** A folder of packages for this interpreter, which lacks what a virtual environment needs. */
  | { readonly kind: "pip"; readonly python: string };

const OLDEST_MINOR = 10;
const NEWEST_MINOR = 14;

/** Names that interpreters go by: what the machine calls its Python first, then by version, newest first. */
const names = [
  "python3",
  "python",
  ...Array.from({ length: NEWEST_MINOR - OLDEST_MINOR + 1 }, (_, back) => `python3.${NEWEST_MINOR - back}`),
];

/** The prefix tells interpreters apart that go by several names. */
const DESCRIBE = "import sys; print(sys.executable, sys.prefix, *sys.version_info[:2], sep='\\n')";

/**
 * The ways there are, best first: `uv`; a Python of 3.10 or newer that can make virtual environments; one that has
 * pip at least. Each is looked for when it is asked for.
 */
export async function* installers(probe: Probe): AsyncGenerator<Installer> {
  if ((await probe("uv", ["--version"])) !== undefined) yield { kind: "uv" };
  const pythons = await suitablePythons(probe);
  // Debian's `venv` is there without `ensurepip`, and then makes environments nobody can install into.
  for (const python of pythons)
    if ((await probe(python, ["-c", "import venv, ensurepip"])) !== undefined) yield { kind: "venv", python };
  for (const python of pythons)
    if ((await probe(python, ["-m", "pip", "--version"])) !== undefined) yield { kind: "pip", python };
}

async function suitablePythons(probe: Probe): Promise<string[]> {
  const found = await Promise.all(
    names.map(async (name) => {
      const [path, prefix, major, minor] = (await probe(name, ["-c", DESCRIBE]))?.trim().split("\n") ?? [];
      const suits = Number(major) === 3 && Number(minor) >= OLDEST_MINOR;
      return path !== undefined && prefix !== undefined && suits
        ? [{ path, prefix: `${prefix} ${minor}` }]
        : [];
    }),
  );
  const distinct = found
    .flat()
    .filter(({ prefix }, index, all) => all.findIndex((one) => one.prefix === prefix) === index);
  return distinct.map(({ path }) => path);
}
