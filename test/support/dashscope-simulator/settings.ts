import * as z from "zod";

/** What can be changed while the simulator runs, by `PUT /_simulator/settings`. */
export const settingsSchema = z.strictObject({
  /** From the request's arrival to the answer; a prompt's own `[[latency:…]]` goes before. */
  latencyMs: z.number().min(0),
  /** Calls accepted in any window; the name is the provider's, the window below scales it. */
  requestsPerMinute: z.int().min(0),
  /** 60 as at the provider. Smaller scales time: the same number of calls in a shorter window. */
  windowSeconds: z.number().positive(),
  /** Windows that it counts in besides: a second, or the calendar's minutes. */
  quotas: z.array(
    z.strictObject({
      requests: z.int().min(0),
      seconds: z.number().positive(),
      by: z.enum(["sliding", "calendar"]),
    }),
  ),
  /** Null accepts any key that is not empty. */
  validKeys: z.array(z.string().min(1)).nullable(),
  /** How long a result URL lives; 0 gives URLs that are dead at birth. */
  urlTtlSeconds: z.int(),
  /** `plain` costs next to nothing: for benchmarks. */
  pictures: z.enum(["landscape", "plain"]),
  /** When the provider's gateway gives up on a call that hangs. */
  giveUpMs: z.number().min(0),
  /** Scheme, host and port put in result URLs instead of the result host's own, for clients with their own fetch. */
  imageOrigin: z.url().nullable(),
});

export type Settings = z.infer<typeof settingsSchema>;

export const defaultSettings: Settings = {
  latencyMs: 2000,
  requestsPerMinute: 600,
  windowSeconds: 60,
  quotas: [],
  validKeys: null,
  urlTtlSeconds: 86_400,
  pictures: "landscape",
  giveUpMs: 298_000,
  imageOrigin: null,
};
