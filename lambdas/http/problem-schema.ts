import * as z from "zod";
import { billedSchema, PROBLEMS } from "../platform/problem-table.ts";
import { providerRefusal } from "../platform/service-error.ts";

export const faultSchema = z
  .object({ pointer: z.string(), detail: z.string() })
  .meta({ id: "Fault", description: "One fault of the input." });

/** A problem document as the OpenAPI document describes it. */
export const problemSchema = z
  .object({
    type: z.string().meta({ format: "uri-reference", description: "Leads to what the problem means." }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string().optional().meta({ description: "The generation that it is about." }),
    code: z.enum(Object.keys(PROBLEMS)).meta({ id: "ProblemCode" }),
    retryable: z.boolean().meta({ description: "Whether the same request may succeed later." }),
    billed: billedSchema,
    request_id: z.string(),
    errors: z.array(faultSchema).optional().meta({
      description:
        "The faults of the input, each with a JSON pointer to it: the first 20, then how many more.",
    }),
    provider: providerRefusal.optional(),
    error: z
      .object({
        message: z.string(),
        type: z.string(),
        param: z.string().nullable(),
        code: z.string(),
      })
      .meta({ id: "OpenAiError", description: "The same in OpenAI's shape." }),
  })
  .meta({ id: "Problem" });
