/** What the console reads of the API's answers; they hold more. */
export interface Generation {
  readonly id: string;
  readonly status: "queued" | "running" | "succeeded" | "failed" | "canceled" | "expired";
  readonly model: string;
  readonly created_at: string;
  readonly started_at: string | null;
  readonly completed_at: string | null;
  readonly estimated_start_at: string | null;
  readonly input: Input | null;
  readonly image: Picture | null;
  readonly waiting: Waiting | null;
  readonly batch: { readonly id: string; readonly line: number | null } | null;
  readonly usage: { readonly cost: string | null; readonly currency: string; readonly billed: Billed };
  readonly provenance: { readonly digital_source_type: string; readonly marked: readonly string[] } | null;
  readonly warnings: readonly string[];
  readonly error: { readonly code: string; readonly message: string; readonly billed: Billed } | null;
}

type Billed = "yes" | "no" | "unknown";

interface Input {
  readonly prompt: string;
  readonly negative_prompt: string | null;
  readonly size: string;
  readonly seed: number;
  readonly prompt_extend?: boolean | null;
}

interface Picture {
  readonly content_type: string;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  readonly url: string;
}

export interface Waiting {
  readonly reason: string;
  readonly detail: string;
  readonly since: string;
  readonly tries: number;
  readonly next_at: string | null;
}

export interface Happening {
  readonly at: string;
  readonly event: string;
  readonly detail: string | null;
  readonly count: number;
}

export interface Model {
  readonly id: string;
  readonly size:
    | { readonly rule: "list"; readonly values: readonly string[]; readonly default: string }
    | { readonly rule: "range"; readonly suggested: readonly string[]; readonly default: string };
  readonly fields: Readonly<Record<string, number | true>>;
  readonly prompt: { readonly limit: number; readonly unit: "characters" | "tokens" };
  readonly pricing: {
    readonly currency: string;
    readonly output: readonly { readonly up_to_pixels: number | null; readonly cost: string }[];
  };
}

export interface Batch {
  readonly id: string;
  readonly status: string;
  readonly created_at: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly usage: { readonly cost: string | null; readonly currency: string };
  readonly results?: { readonly url: string } | null;
  readonly error: { readonly message: string } | null;
}

export interface List<Item> {
  readonly data: readonly Item[];
  readonly has_more: boolean;
  readonly next_cursor: string | null;
}

export interface Problem {
  readonly code: string;
  readonly detail: string;
  readonly status: number;
  readonly retryable: boolean;
  readonly instance?: string;
}

export interface Usage {
  readonly month: string;
  readonly images: number;
  readonly cost: string;
  readonly unknown: string;
  readonly held: string;
  readonly currency: string;
  readonly budget: { readonly limit: string; readonly remaining: string } | null;
}
