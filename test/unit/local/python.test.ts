import { describe, expect, it } from "vitest";
import { type Installer, installers, type Probe } from "../../../bin/local/python.ts";

/** A machine with these programs: an interpreter's version by its name, and what it can do. */
function machine(parts: {
  uv?: boolean;
  pythons?: Readonly<Record<string, { path?: string; version: string; venv?: boolean; pip?: boolean }>>;
}): Probe {
  const pythons = Object.entries(parts.pythons ?? {});
  return async (command, parameters) => {
    if (command === "uv") return parts.uv === true ? "uv 0.13.9\n" : undefined;
    const python = pythons.find(([name, { path }]) => command === name || command === path)?.[1];
    if (python === undefined) return undefined;
    if (parameters[1]?.startsWith("import sys"))
      return [python.path ?? command, `/prefix/of/${python.path ?? command}`, ...python.version.split(".")]
        .join("\n")
        .concat("\n");
    const able = parameters[0] === "-c" ? python.venv : python.pip;
    return able === true ? "" : undefined;
  };
}

async function all(probe: Probe): Promise<Installer[]> {
  const found: Installer[] = [];
  for await (const installer of installers(probe)) found.push(installer);
  return found;
}

describe("the ways to install the emulator", () => {
  it("begin with uv", async () => {
    const found = await all(
      machine({ uv: true, pythons: { python3: { version: "3.12", venv: true, pip: true } } }),
    );
    expect(found.map(({ kind }) => kind)).toEqual(["uv", "venv", "pip"]);
  });

  it("are pip alone where Python cannot make virtual environments, as on Debian", async () => {
    const python3 = { path: "/usr/bin/python3", version: "3.11", pip: true };
    expect(await all(machine({ pythons: { python3 } }))).toEqual([
      { kind: "pip", python: "/usr/bin/python3" },
    ]);
  });

  it("do not include a Python that is too old", async () => {
    expect(await all(machine({ pythons: { python3: { version: "3.9", venv: true, pip: true } } }))).toEqual(
      [],
    );
    expect(await all(machine({ pythons: { python: { version: "2.7", pip: true } } }))).toEqual([]);
  });

  it("find a newer Python by its version when the usual one is too old", async () => {
    const pythons = {
      python3: { version: "3.8", venv: true },
      "python3.12": { version: "3.12", venv: true },
    };
    expect(await all(machine({ pythons }))).toEqual([{ kind: "venv", python: "python3.12" }]);
  });

  it("try an interpreter of several names once", async () => {
    const one = { path: "/usr/bin/python3.13", version: "3.13", venv: true };
    expect(await all(machine({ pythons: { python3: one, python: one, "python3.13": one } }))).toHaveLength(1);
  });

  it("are none on a bare machine", async () => {
    expect(await all(machine({}))).toEqual([]);
  });
});
