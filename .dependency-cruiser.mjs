import { readFileSync } from "node:fs";

/** The files that talk to AWS, to Lambda or to the net. All others are rules: they know none of it. */
const outside = [
  "^lambdas/(handlers|http|images|platform)/",
  "table\\.ts$",
  "^lambdas/api-keys/authorize\\.ts$",
  "^lambdas/batches/(expansions|manifests|relay|results)\\.ts$",
  "^lambdas/generations/(changes|due-keys|listing|members|open-prices|transaction|unannounced-ends)\\.ts$",
  "^lambdas/pacing/limiter\\.ts$",
  "^lambdas/painting/(kept-answers|queue|receive-turns)\\.ts$",
  "^lambdas/providers/provider-key\\.ts$",
  "^lambdas/workflows/(announce-end|answer-task|run-task|task-tokens)\\.ts$",
];

/** What the stack knows of the functions besides the paths of their entries: facts, no behaviour. */
const facts = [
  "^lambdas/http/security-headers\\.ts$",
  "^lambdas/pacing/pace\\.ts$",
  "^lambdas/platform/(environment|problem-table|problems)\\.ts$",
  "^lambdas/providers/(port|registry)\\.ts$",
];

/** The rooms and what each may import, from the table in docs/architecture.md. */
const rooms = roomsOf(readFileSync(new URL("docs/architecture.md", import.meta.url), "utf8"));
const names = [...rooms.keys()];

function roomsOf(page) {
  const rows = page.matchAll(/^\| `lambdas\/([\w-]+)` \|[^|]*\|([^|]*)\|$/gm);
  const found = new Map([...rows].map(([, name, may]) => [name, may.trim()]));
  if (found.size === 0) throw new Error("docs/architecture.md has no table of rooms");
  const importable = (may) =>
    may === "every room" ? [...found.keys()] : [...may.matchAll(/`([\w-]+)`/g)].map(([, name]) => name);
  for (const [name, may] of found)
    for (const other of importable(may))
      if (!found.has(other))
        throw new Error(`docs/architecture.md lets ${name} import ${other}, which is no room`);
  return new Map([...found].map(([name, may]) => [name, importable(may)]));
}

const error = (name, comment, from, to) => ({ name, severity: "error", comment, from, to });
const ofRooms = (list) => `^lambdas/(${list.join("|")})/`;

export default {
  forbidden: [
    error(
      "no-cycles",
      "Files that need each other are one file, or have a third in common.",
      {},
      { circular: true },
    ),
    error(
      "a-room-for-each-file",
      "A folder of lambdas/ has its row in the table of rooms in docs/architecture.md.",
      {
        path: "^lambdas/",
        pathNot: ofRooms(names),
      },
      {},
    ),
    ...names.map((name) =>
      error(
        `arrows-of-${name}`,
        "The table of rooms in docs/architecture.md does not have this arrow.",
        { path: ofRooms([name]) },
        { path: "^(lambdas|lib|bin|test)/", pathNot: ofRooms([name, ...rooms.get(name)]) },
      ),
    ),
    error(
      "rules-know-no-cloud",
      "Rules import neither AWS nor middy nor HTTP: only the files listed as `outside` do.",
      { path: "^lambdas/", pathNot: outside },
      {
        path: [
          "@aws-sdk/",
          "@middy/",
          "@aws-lambda-powertools/",
          "aws-lambda",
          "^(node:)?(http|https|net|tls|dns)$",
        ],
      },
    ),
    error(
      "the-client-stands-alone",
      "The client of bin/sdk is a package of its own, which runs where there is no Node.js.",
      { path: "^bin/sdk/" },
      { pathNot: "^bin/sdk/" },
    ),
    error(
      "lib-knows-facts",
      "The stack takes facts from the functions, no behaviour, and nothing of what people run or test with.",
      { path: "^lib/" },
      { path: "^(lambdas|bin|test)/", pathNot: facts },
    ),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(cdk\\.out|coverage|\\.local|bin/sdk/dist)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "types", "node"] },
  },
};
