import * as z from "zod";

/** An accepted answer as it is kept beside the table: what the checkpoint takes. Times are epoch milliseconds. */
export const acceptedAnswer = z.object({
  requestId: z.string().nullable(),
  sourceUrl: z.string(),
  sourceExpiresAt: z.number(),
  width: z.number(),
  height: z.number(),
});

export type AcceptedAnswer = z.infer<typeof acceptedAnswer>;
