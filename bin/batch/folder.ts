import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { EXTENSIONS } from "../../lambdas/images/image-type.ts";
import { exitCode, Failure } from "../failure.ts";
import type { BatchResult, Generation } from "../sdk/client.ts";

/** What a folder of pictures knows of its batch, so that the same command goes on with it. */
const state = z.object({ id: z.string(), environment: z.string(), manifest: z.string(), sha256: z.string() });

export type BatchState = z.infer<typeof state>;

const STATE = "batch.json";
const RESULTS = "results.jsonl";
const LONGEST_NAME = 48;

/** A folder that the pictures of one batch go to. */
export interface BatchFolder {
  readonly path: string;
  /** The batch that it belongs to; null for none yet. */
  state(): BatchState | null;
  remember(state: BatchState): void;
  /** The name of the picture that is here already, whole; null while it is not. */
  has(generation: Generation): string | null;
  /** Saves a picture, in one go. Answers its name. */
  save(generation: Generation, bytes: Uint8Array): string;
  /** Writes what became of each line, with the name of its picture here. Answers the path. */
  saveResults(lines: readonly (BatchResult & { readonly file: string | null })[]): string;
}

/** Opens a folder, or makes it. */
export function batchFolder(path: string): BatchFolder {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === true)
    throw new Failure(`${path} is a file: name a folder for the pictures.`, { exitCode: exitCode.wrongUse });
  mkdirSync(path, { recursive: true });
  return {
    path,
    state() {
      const file = join(path, STATE);
      if (statSync(file, { throwIfNoEntry: false }) === undefined) return null;
      const { data } = state.safeParse(jsonIn(file));
      if (data !== undefined) return data;
      throw new Failure(`${file} cannot be read: is it another program's? Use another folder.`, {
        exitCode: exitCode.wrongUse,
      });
    },
    remember: (known) => write(join(path, STATE), `${JSON.stringify(known, null, 2)}\n`),
    has(generation) {
      const name = pictureName(generation);
      if (name === null) return null;
      const found = statSync(join(path, name), { throwIfNoEntry: false });
      return found?.size === generation.image?.bytes ? name : null;
    },
    save(generation, bytes) {
      const name = pictureName(generation);
      if (name === null) throw new Error("a generation without a picture");
      write(join(path, name), bytes);
      return name;
    },
    saveResults(lines) {
      const file = join(path, RESULTS);
      write(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
      return file;
    },
  };
}

/** `0007-a-red-mug.png`: in the order of the manifest, then by what the caller calls it, or by what was asked. */
export function pictureName({ batch, image, input }: Generation): string | null {
  if (image === null) return null;
  const number = String(batch?.line ?? 0).padStart(4, "0");
  const words = plainName(batch?.custom_id ?? input?.prompt ?? "");
  return `${number}${words === "" ? "" : `-${words}`}.${EXTENSIONS[image.content_type]}`;
}

function plainName(text: string): string {
  const words = text
    .normalize("NFC")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, "-");
  return [...words]
    .slice(0, LONGEST_NAME)
    .join("")
    .replaceAll(/^-+|-+$/g, "");
}

function jsonIn(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/** In one go: what is there under the name is whole. */
function write(path: string, content: string | Uint8Array): void {
  const draft = `${path}.part`;
  try {
    writeFileSync(draft, content);
    renameSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
}
