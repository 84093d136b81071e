import * as z from "zod";
import { PROBLEMS } from "../platform/problems.ts";

/** A problem document as the OpenAPI document describes it. */
export const problemSchema = z
  .object({
    type: z.url(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string().optional().meta({ description: "The generation that it is about." }),
    code: z.enum(Object.keys(PROBLEMS)),
    retryable: z.boolean().meta({ description: "Whether the same request may succeed later." }),
    billed: z.enum(["yes", "no", "unknown"]),
    request_id: z.string(),
    errors: z
      .array(z.object({ pointer: z.string(), detail: z.string() }))
      .optional()
      .meta({
        description:
          "The faults of the input, each with a JSON pointer to it: the first 20, then how many more.",
      }),
    provider: z
      .object({
        code: z.string().nullable(),
        message: z.string().nullable(),
        request_id: z.string().nullable(),
      })
      .optional(),
    error: z
      .object({
        message: z.string(),
        type: z.string(),
        param: z.string().nullable(),
        code: z.string(),
      })
      .meta({ description: "The same in OpenAI's shape." }),
  })
  .meta({ id: "Problem" });
