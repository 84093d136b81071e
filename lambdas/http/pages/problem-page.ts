import * as z from "zod";
import { isProblemCode, PROBLEMS, type ProblemCode } from "../../platform/problem-table.ts";
import { ServiceError } from "../../platform/service-error.ts";
import type { ApiRequest } from "../api-request.ts";
import { openOperation } from "../operation.ts";
import { MEANINGS } from "../problem-meanings.ts";

const meaningSchema = z
  .object({
    code: z.string(),
    title: z.string(),
    status: z.int(),
    retryable: z.boolean().meta({ description: "Whether the same request may succeed later." }),
    when: z.string(),
    billed: z.string(),
    advice: z.string(),
  })
  .meta({ id: "ProblemMeaning", description: "What a problem means, in sentences." });

type Meaning = z.infer<typeof meaningSchema>;

const CACHED = { "Cache-Control": "public, max-age=3600", Vary: "Accept, Origin" };

/** `GET /v1/problems/{name}`: what the `type` of a problem leads to. */
export const problemPage = openOperation({
  method: "GET",
  path: "/v1/problems/{name}",
  operationId: "readProblem",
  tag: "Service",
  summary: "Read what a problem means",
  description:
    "The address in the `type` of a problem: when it happens, whether it is billed and what to do. A page, or JSON for who accepts that alone.",
  answers: {
    200: {
      description: "What it means.",
      schema: meaningSchema,
      mediaType: "text/html",
    },
  },
  problems: ["not_found"],
  async handle({ request, name }) {
    const code = Object.keys(PROBLEMS).find((each) => each.replaceAll("_", "-") === name);
    if (code === undefined || !isProblemCode(code))
      throw new ServiceError("not_found", { detail: "There is no problem of this name." });
    const meaning = meaningOf(code);
    if (wantsJson(request))
      return {
        status: 200,
        headers: { "Content-Type": "application/json", ...CACHED },
        body: JSON.stringify(meaning),
      };
    return {
      status: 200,
      headers: {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy":
          "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ...CACHED,
      },
      body: pageOf(meaning),
    };
  },
});

/** What a problem means, in sentences. */
export function meaningOf(code: ProblemCode): Meaning {
  const { title, status, retryable } = PROBLEMS[code];
  return { code, title, status, retryable, ...MEANINGS[code] };
}

/** Browsers accept HTML too, and everything else: a page is for people. */
function wantsJson({ headers }: Pick<ApiRequest, "headers">): boolean {
  const accepted = headers["accept"] ?? "";
  return /application\/(?:problem\+)?json/i.test(accepted) && !/text\/html/i.test(accepted);
}

/** All texts are our own; what looks like code in them is shown as such. */
function pageOf({ code, title, status, retryable, when, billed, advice }: Meaning): string {
  const text = (words: string) => words.replace(/`([^`]+)`/g, "<code>$1</code>");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}dt{font-weight:600;margin-top:1rem}dd{margin:0}</style>
</head>
<body>
<h1>${title}</h1>
<p><code>${code}</code>, HTTP status ${status}</p>
<dl>
<dt>When</dt><dd>${text(when)}</dd>
<dt>Was it billed?</dt><dd>${text(billed)}</dd>
<dt>What to do</dt><dd>${text(advice)}</dd>
<dt>May the same request succeed later?</dt><dd>${retryable ? "Yes." : "No."}</dd>
</dl>
<p><a href="../docs">The reference of the API</a></p>
</body>
</html>
`;
}
