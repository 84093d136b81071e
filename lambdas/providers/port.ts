import type { Transport } from "../platform/transport.ts";
import type { UrlCheck } from "../platform/url-check.ts";

/**
 * What the service knows of any provider. A provider is a folder that makes one of these, and a line in the registry;
 * names of providers, regions and models are plain texts everywhere else.
 */
export interface Provider {
  readonly name: string;
  /** As `owned_by` of its models. */
  readonly owner: string;
  /** By name; the first is the default. Keys and addresses of two regions are never mixed. */
  readonly regions: Readonly<Record<string, Region>>;
  /** The first that a region offers is the default there. */
  readonly models: readonly Model[];
  readonly resultHosts: ResultHosts;
  /** The provider gives a call up after so many seconds. */
  readonly longestCallSeconds: number;
  /** How long a call takes as a rule, in seconds: what is told as an expectation, never a bound. */
  readonly usualCallSeconds: number;
  /** Throws only for a base URL that is none. */
  createClient(options: ClientOptions): ProviderClient;
}

export interface Region {
  /** Where none is configured, without a trailing slash. */
  readonly baseUrl: string;
  /** What its prices are in. */
  readonly currency: string;
}

/** Everything that depends on the model is a fact here, never an `if` elsewhere. */
export interface Model {
  readonly id: string;
  /** When it was released, in Unix seconds. */
  readonly created: number;
  readonly status: "current" | "legacy";
  /** The model that its provider names to follow it. */
  readonly successor: string | null;
  /** The dated model that answers for this name today. */
  readonly snapshot: string;
  readonly size: SizeRule;
  /** Images in one request, at most. */
  readonly images: { readonly max: number };
  /** What the provider reads of a prompt. More is sent whole, with a warning. */
  readonly prompt: { readonly limit: number; readonly unit: "characters" | "tokens" };
  /** The fields that not every model knows. One that is absent here is refused for this model. */
  readonly fields: ModelFields;
  /** By region; it is not offered in a region without a price. */
  readonly pricing: Readonly<Record<string, readonly [PriceTier, ...PriceTier[]]>>;
  /** Per provider account, over all its keys and workers, unless the environment has another quota. */
  readonly requestsPerMinute: number;
  /** Whether it runs as a task whose result can be looked up, so that a lost answer is found again. */
  readonly recoverable: boolean;
}

/** What a model says of the fields that not every model knows; the keys are the fields' names in a request. */
export interface ModelFields {
  /** Characters that the provider reads; null where it is not known. */
  readonly negative_prompt?: { readonly limit: number | null };
  readonly prompt_extend?: { readonly default: boolean };
}

/** Sizes are `width*height` in pixels. */
export type SizeRule =
  | { readonly rule: "list"; readonly values: readonly [string, ...string[]]; readonly default: string }
  | {
      readonly rule: "range";
      readonly min_pixels: number;
      readonly max_pixels: number;
      /** The longer to the shorter side, at most, such as `8:1`. */
      readonly widest: string;
      readonly default: string;
      readonly suggested: readonly string[];
    };

/** What a successful image of up to so many pixels costs, a decimal; null for any number. Tiers go from small to large. */
export interface PriceTier {
  readonly up_to_pixels: number | null;
  readonly cost: string;
}

/** Where results may be fetched from. */
export interface ResultHosts {
  /** The names known so far, for firewalls. */
  readonly known: readonly string[];
  /** Names that may come: how they start and end, and a regular expression for all of it; null where there are none. */
  readonly unseen: {
    readonly description: string;
    readonly startsWith: string;
    readonly endsWith: string;
    readonly pattern: string;
  } | null;
  /** Whether an image may be fetched from this address; `extraHosts` are names or `host:port` that the operator adds. */
  check(sourceUrl: string, options: { readonly extraHosts: readonly string[] }): UrlCheck;
}

/** One picture to paint, its fields named as in a request. Null: not sent, or not known to the model. */
export interface PaintRequest {
  readonly model: string;
  /** Sent whole: the provider cuts it, not we. */
  readonly prompt: string;
  readonly negative_prompt: string | null;
  readonly size: string;
  readonly n: number;
  readonly seed: number;
  readonly prompt_extend: boolean | null;
  readonly watermark: boolean;
}

export interface ClientOptions {
  /** With or without a trailing slash; a path in it is kept. */
  readonly baseUrl: string;
  /** From the written request to the last byte of the answer: longer than `longestCallSeconds`. */
  readonly readTimeoutMs: number;
  readonly connectTimeoutMs?: number;
  /** Whether an address can be a result's; without it, those on the provider's own storage. */
  readonly isResultUrl?: (url: string) => boolean;
  readonly transport?: Transport;
  readonly now?: () => Date;
}

/**
 * When a call may leave: asked once the connection stands, right before the first byte is written. It takes until the
 * call's slot; false means that nothing may be sent.
 */
export type Departure = () => Promise<boolean>;

export interface ProviderClient {
  /** Asks once, at its departure, and never sends again. Never throws for trouble with the provider. */
  submit(request: PaintRequest, apiKey: string, departure: Departure): Promise<Submission>;
  /** Of recoverable models: looks a task's result up. Asking costs nothing, however often. */
  poll?(task: string, apiKey: string): Promise<Submission | { readonly outcome: "running" }>;
}

/** What only the operator can mend. */
export type OperatorFault = "key" | "permission" | "money" | "model";

/** The provider refused; nothing was painted and nothing is billed. */
export type Rejection =
  | {
      readonly outcome: "rejected";
      readonly problem: "content_rejected";
      readonly retry: "never";
      readonly fault: "content";
    }
  | {
      readonly outcome: "rejected";
      readonly problem: "provider_rejected";
      readonly retry: "never";
      readonly fault: "caller";
    }
  | {
      readonly outcome: "rejected";
      readonly problem: "provider_misconfigured";
      readonly retry: "never";
      readonly fault: "operator";
      readonly operatorFault: OperatorFault;
      /** "status": told by the HTTP status alone. A firewall's page says as much, so it proves no fault of the operator's. */
      readonly proof: "code" | "status";
    }
  | {
      readonly outcome: "rejected";
      readonly problem: "provider_throttled";
      /** After 30 to 60 s with jitter, and for everybody. */
      readonly retry: "throttled";
      readonly fault: "pacing";
    }
  | {
      readonly outcome: "rejected";
      readonly problem: "provider_unavailable";
      readonly retry: "once" | "twice" | "always";
      readonly fault: "provider";
    };

/** What the provider said of itself; texts are capped and free of keys and signed addresses. */
export interface ProviderDetail {
  readonly code: string | null;
  readonly message: string | null;
  readonly requestId: string | null;
  /** HTTP status; null where no answer came. */
  readonly status: number | null;
}

/** An answer as it came, for the operator to read where the service could not. Holds no header that names the account. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** At most 256 KiB, still compressed where they came so. */
  readonly body: Uint8Array;
  /** Of the whole body, as far as it came. */
  readonly receivedBytes: number;
  /** False where the body broke off. */
  readonly complete: boolean;
}

/** An image was painted and is billed. */
export type Accepted = {
  readonly outcome: "accepted";
  readonly requestId: string | null;
  readonly sourceExpiresAt: Date;
  /** As the provider counted them; null where it does not say. */
  readonly width: number | null;
  readonly height: number | null;
} & (PictureAddresses | PictureInside);

export interface PictureAddresses {
  /** The first picture's. A bearer token: for the record and the download, never for a log. */
  readonly sourceUrl: string;
  /** Every picture's, in the order of the answer. */
  readonly sourceUrls: readonly string[];
  readonly inline: null;
}

/** The answer held the picture itself, which is nowhere else. */
export interface PictureInside {
  readonly sourceUrl: null;
  readonly sourceUrls: readonly [];
  readonly inline: Uint8Array;
}

/** Nothing was painted and nothing is billed. */
export type Rejected = Rejection & {
  readonly provider: ProviderDetail;
  readonly retryAfterSeconds: number | null;
  /** False: the request never left this machine. */
  readonly sent: boolean;
};

/** The request was sent and its outcome is lost: it may have been billed, and there is no way to ask. */
export interface Unknown {
  readonly outcome: "unknown";
  /** A short reason that is safe to store and show. */
  readonly detail: string;
  readonly provider: ProviderDetail;
  /** What came and was not understood; null where nothing came. */
  readonly raw: RawAnswer | null;
}

/** The three outcomes of asking any provider for a picture. */
export type Submission = Accepted | Rejected | Unknown;
