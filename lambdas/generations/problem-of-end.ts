import { ServiceError } from "../platform/service-error.ts";
import type { EndedGeneration } from "./record.ts";

/** The problem that a generation which ended without an image stands for; null for any other. */
export function problemOfEnd(generation: EndedGeneration): ServiceError | null {
  const instance = `/v1/generations/${generation.id}`;
  switch (generation.state) {
    case "succeeded":
      return null;
    case "canceled":
      return new ServiceError("conflict", {
        detail: "The generation was canceled.",
        instance,
        billed: generation.billed,
      });
    case "failed":
    case "expired": {
      const { code, message, retryable, billed, provider } = generation.error;
      return new ServiceError(code, { detail: message, retryable, billed, provider, instance });
    }
  }
}
