// Made from docs/openapi.json by npm run openapi.
export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        CreateGeneration: {
            /** @description What to paint: 1 to 8,000 code points, not blank. What is longer than `prompt.limit` of `GET /v1/models` (800 characters for `qwen-image-max`) is sent whole: the provider may cut it, and `warnings` says so. */
            prompt: string;
            /** @description What to keep out of the picture. */
            negative_prompt?: string | null;
            /**
             * @description Default: `qwen-image-max`.
             * @enum {string}
             */
            model?: "qwen-image-max" | "qwen-image-max-2025-12-30";
            /**
             * @description Width and height in pixels, written with * or x; the model's default when absent. Default: `1664*928`.
             * @enum {string}
             */
            size?: "1664*928" | "1664x928" | "1472*1104" | "1472x1104" | "1328*1328" | "1328x1328" | "1104*1472" | "1104x1472" | "928*1664" | "928x1664";
            /** @description Default: `1`. */
            n?: number;
            /** @description Chosen and returned when absent. */
            seed?: number | null;
            /** @description Let the provider enrich the prompt; the model's default when absent. Default: `true`. */
            prompt_extend?: boolean | null;
            /** @description Default: `false`. */
            watermark?: boolean;
            /** @description Your own pairs: at most 16, keys to 40, values to 500 characters. */
            metadata?: {
                [key: string]: string;
            };
            /**
             * @description Whether to paint again, and perhaps pay twice, when the provider's answer is lost. Default: `fail`.
             * @enum {string}
             */
            on_unknown_outcome?: "fail" | "retry";
        };
        /** @enum {string} */
        GenerationStatus: "queued" | "running" | "succeeded" | "failed" | "canceled" | "expired";
        CreateBatch: {
            /** @description What to create: 1 to 100 create bodies. */
            items?: components["schemas"]["CreateGeneration"][];
            manifest?: components["schemas"]["Manifest"];
            /** @description Your own pairs: at most 16, keys to 40, values to 500 characters. */
            metadata?: {
                [key: string]: string;
            };
        };
        /** @description JSON lines or CSV in S3, one picture a line: up to 10,000 lines and 32 MiB. */
        Manifest: {
            /** @description The service's own bucket. */
            bucket: string;
            /**
             * @description `manifests/OWNER/…`
             * @example manifests/shop/july.jsonl
             */
            key: string;
        };
        PlaceManifest: {
            /**
             * @description The size of the manifest: up to 32 MiB.
             * @example 48213
             */
            bytes: number;
        };
        OpenAiImageRequest: {
            /** @description What to paint: 1 to 8,000 code points, not blank. What is longer than `prompt.limit` of `GET /v1/models` (800 characters for `qwen-image-max`) is sent whole: the provider may cut it, and `warnings` says so. */
            prompt: string;
            /** @description One of this service's models; the first by default. */
            model?: ("qwen-image-max" | "qwen-image-max-2025-12-30") | null;
            /** @description Pictures; 1 by default, and as many as the model allows. */
            n?: number | null;
            /**
             * @description Width and height in pixels; `auto` is the model's default. OpenAI's own sizes become the model's size nearest in shape, which `x-image-size` tells. Default: `1664*928`.
             * @enum {string|null}
             */
            size?: "auto" | "1024x1024" | "1536x1024" | "1024x1536" | "1792x1024" | "1024x1792" | "512x512" | "256x256" | "1664*928" | "1664x928" | "1472*1104" | "1472x1104" | "1328*1328" | "1328x1328" | "1104*1472" | "1104x1472" | "928*1664" | "928x1664" | null;
            /** @description `url` by default: a presigned address that lives for an hour. `b64_json` for pictures up to 4.4 MB. */
            response_format?: ("url" | "b64_json") | null;
            /** @description Streaming is not possible. */
            stream?: false | null;
            /** @description What to keep out of the picture. */
            negative_prompt?: string | null;
            /** @description Chosen and returned when absent. */
            seed?: number | null;
            /** @description Let the provider enrich the prompt; the model's default when absent. Default: `true`. */
            prompt_extend?: boolean | null;
            /** @description Default: `false`. */
            watermark?: boolean;
            /** @description Ignored. */
            background?: unknown;
            /** @description Ignored. */
            complexity?: unknown;
            /** @description Ignored. */
            frame_count?: unknown;
            /** @description Ignored. */
            frame_duration_ms?: unknown;
            /** @description Ignored. */
            input_fidelity?: unknown;
            /** @description Ignored. */
            moderation?: unknown;
            /** @description Ignored. */
            output_compression?: unknown;
            /** @description Ignored. */
            output_format?: unknown;
            /** @description Ignored. */
            partial_images?: unknown;
            /** @description Ignored. */
            quality?: unknown;
            /** @description Ignored. */
            safety_identifier?: unknown;
            /** @description Ignored. */
            style?: unknown;
            /** @description Ignored. */
            svg?: unknown;
            /** @description Ignored. */
            user?: unknown;
        };
        Generation: {
            id: string;
            /** @constant */
            object: "generation";
            status: components["schemas"]["GenerationStatus"];
            model: string;
            /** Format: date-time */
            created_at: string;
            started_at: string | null;
            completed_at: string | null;
            /** Format: date-time */
            deadline: string;
            /** @description When a queued generation is likely to start. */
            estimated_start_at: string | null;
            /** @description What was asked; null once removed. */
            input: components["schemas"]["GenerationInput"] | null;
            /** @description The first picture; null while there is none. */
            image: components["schemas"]["GenerationImage"] | null;
            /** @description Every picture, the first one too. */
            images: components["schemas"]["GenerationIndexedImage"][];
            /** @description What it waits for; null once it has ended. */
            waiting: components["schemas"]["Waiting"] | null;
            /** @description Its place in a batch; null outside of one. */
            batch: components["schemas"]["BatchPlace"] | null;
            usage: components["schemas"]["GenerationUsage"];
            provider: components["schemas"]["GenerationProvider"];
            /** @description Where the picture comes from; null while there is none. */
            provenance: components["schemas"]["Provenance"] | null;
            attempts: number;
            warnings: string[];
            metadata: {
                [key: string]: string;
            };
            error: components["schemas"]["GenerationError"] | null;
            urls: components["schemas"]["GenerationUrls"];
        };
        /** @description What was asked. */
        GenerationInput: {
            prompt: string;
            negative_prompt: string | null;
            size: string;
            n: number;
            seed: number;
            prompt_extend: boolean | null;
            watermark: boolean;
        };
        /** @description A stored picture. */
        GenerationImage: {
            /** @description PNG, unless the provider delivered something else: warnings say so. */
            content_type: components["schemas"]["ImageType"];
            width: number;
            height: number;
            bytes: number;
            sha256: string;
            bucket: string;
            key: string;
            /**
             * Format: uri
             * @description A presigned address, valid until url_expires_at, unless the session of AWS that signed it ends before. `urls.image` signs a new one at every request.
             */
            url: string;
            /** Format: date-time */
            url_expires_at: string;
        };
        /** @enum {string} */
        ImageType: "image/png" | "image/jpeg" | "image/webp";
        /** @description One of the pictures. */
        GenerationIndexedImage: {
            /** @description Counted from 0. */
            index: number;
            /** @description PNG, unless the provider delivered something else: warnings say so. */
            content_type: components["schemas"]["ImageType"];
            width: number;
            height: number;
            bytes: number;
            sha256: string;
            bucket: string;
            key: string;
            /**
             * Format: uri
             * @description A presigned address, valid until url_expires_at, unless the session of AWS that signed it ends before. `urls.image` signs a new one at every request.
             */
            url: string;
            /** Format: date-time */
            url_expires_at: string;
        };
        /** @description What it waits for, since when and until when. */
        Waiting: {
            for: components["schemas"]["WaitingFor"];
            reason: components["schemas"]["WaitingReason"];
            detail: string;
            /** Format: date-time */
            since: string;
            tries: number;
            /** @description When the next step is due; null while nobody knows. */
            next_at: string | null;
        };
        /**
         * @description Whose turn it is.
         * @enum {string}
         */
        WaitingFor: "slot" | "provider" | "operator" | "image" | "retry";
        /**
         * @description Why it waits.
         * @enum {string}
         */
        WaitingReason: "in_line" | "painting" | "provider_throttled" | "provider_unavailable" | "provider_paused" | "image_fetching" | "image_host_unknown" | "image_refused" | "storage_unavailable";
        /** @description Where in a batch it came from. */
        BatchPlace: {
            id: string;
            /** @description Counted from 1. */
            line: number | null;
            /** @description The caller's own name of the line. */
            custom_id: string | null;
        };
        /** @description What it cost. */
        GenerationUsage: {
            images: number;
            /** @description A decimal; null while it is unknown. */
            cost: string | null;
            currency: string;
            billed: components["schemas"]["Billed"];
            /** @description How many earlier calls, whose answers were lost, may have been charged besides. Absent where none was. */
            possible_extra_charges?: number;
        };
        /** @enum {string} */
        Billed: "yes" | "no" | "unknown";
        /** @description Who painted it, and under which request. */
        GenerationProvider: {
            region: string;
            request_id: string | null;
        };
        /** @description Where the picture comes from. */
        Provenance: {
            /**
             * @description IPTC's word for how the picture was made.
             * @example trainedAlgorithmicMedia
             */
            digital_source_type: string;
            /** @description Marks that the service added to the file: `iptc`, or none. */
            marked: string[];
            /** @description Of what came from the provider, before any mark. */
            source_sha256: string;
        };
        /** @description Why it ended without a picture. */
        GenerationError: {
            code: string;
            message: string;
            retryable: boolean;
            billed: components["schemas"]["Billed"];
            provider: components["schemas"]["ProviderRefusal"] | null;
        };
        /** @description What the provider said. */
        ProviderRefusal: {
            code: string | null;
            message: string | null;
            request_id: string | null;
        };
        /** @description Where it is, and what can be done with it. */
        GenerationUrls: {
            self: string;
            image: string;
            cancel: string;
            history: string;
        };
        Problem: {
            /**
             * Format: uri-reference
             * @description Leads to what the problem means.
             */
            type: string;
            title: string;
            status: number;
            detail: string;
            /** @description The generation that it is about. */
            instance?: string;
            code: components["schemas"]["ProblemCode"];
            /** @description Whether the same request may succeed later. */
            retryable: boolean;
            billed: components["schemas"]["Billed"];
            request_id: string;
            /** @description The faults of the input, each with a JSON pointer to it: the first 20, then how many more. */
            errors?: components["schemas"]["Fault"][];
            provider?: components["schemas"]["ProviderRefusal"];
            error: components["schemas"]["OpenAiError"];
        };
        /** @enum {string} */
        ProblemCode: "malformed_json" | "unsupported_media_type" | "payload_too_large" | "invalid_request" | "idempotency_key_reused" | "unauthorized" | "forbidden" | "not_found" | "method_not_allowed" | "conflict" | "gone" | "budget_exceeded" | "rate_limited" | "content_rejected" | "provider_rejected" | "provider_throttled" | "provider_unavailable" | "provider_misconfigured" | "upstream_outcome_unknown" | "image_unavailable" | "deadline_exceeded" | "internal";
        /** @description One fault of the input. */
        Fault: {
            pointer: string;
            detail: string;
        };
        /** @description The same in OpenAI's shape. */
        OpenAiError: {
            message: string;
            type: string;
            param: string | null;
            code: string;
        };
        GenerationList: {
            /** @constant */
            object: "list";
            data: components["schemas"]["Generation"][];
            has_more: boolean;
            next_cursor: string | null;
        };
        /** @description What happened to a generation, oldest first. */
        History: {
            /** @constant */
            object: "list";
            data: components["schemas"]["HistoryEntry"][];
        };
        HistoryEntry: {
            /** Format: date-time */
            at: string;
            event: string;
            attempt: number;
            detail: string | null;
            provider: components["schemas"]["HistoryProvider"] | null;
            count: number;
            /** Format: date-time */
            last_at: string;
        };
        /** @description What the provider said. */
        HistoryProvider: {
            code: string | null;
            request_id: string | null;
        };
        Batch: {
            id: string;
            /** @constant */
            object: "batch";
            status: components["schemas"]["BatchStatus"];
            /** Format: date-time */
            created_at: string;
            /** @description When it was canceled. It is `processing` until what was running has ended. */
            canceled_at: string | null;
            completed_at: string | null;
            /** Format: date-time */
            deadline: string;
            counts: components["schemas"]["BatchCounts"];
            usage: components["schemas"]["BatchUsage"];
            /** @description What became of each line; null until all have ended, and where there is none. */
            results: components["schemas"]["BatchResults"] | null;
            error: components["schemas"]["BatchError"] | null;
            /** @description Every item sent inline; of a manifest the first invalid lines. */
            items: components["schemas"]["BatchItem"][];
            metadata: {
                [key: string]: string;
            };
            urls: components["schemas"]["BatchUrls"];
        };
        /** @enum {string} */
        BatchStatus: "processing" | "completed" | "failed" | "canceled";
        /** @description `total` is the sum of the others; 0 as long as a manifest has not been read. */
        BatchCounts: {
            total: number;
            queued: number;
            running: number;
            succeeded: number;
            failed: number;
            canceled: number;
            expired: number;
            /** @description Lines that no generation was made from. */
            invalid: number;
        };
        /** @description What it has cost. */
        BatchUsage: {
            images: number;
            /** @description What is known to be billed so far, a decimal. */
            cost: string;
            currency: string;
            /** @description `unknown` where an answer is not here, or lost: then more may be billed. */
            billed: components["schemas"]["Billed"];
        };
        /** @description JSON lines, one for each line of the batch, in its order: `line`, `custom_id`, `status` (of its generation, or `invalid`), `id`, `bucket`, `key`, `cost`, `billed`, `error`. */
        BatchResults: {
            bucket: string;
            key: string;
            /**
             * Format: uri
             * @description A presigned address, valid until url_expires_at, unless the session of AWS that signed it ends before. Reading the batch again signs a new one.
             */
            url: string;
            /** Format: date-time */
            url_expires_at: string;
        };
        /** @description Why it failed as a whole. */
        BatchError: {
            code: string;
            message: string;
            retryable: boolean;
        };
        /** @description A line, and what was made from it. */
        BatchItem: {
            /** @description Counted from 1. */
            line: number;
            /** @description The caller's own name of the line. */
            custom_id: string | null;
            generation_id: string | null;
            errors: components["schemas"]["Fault"][];
        };
        /** @description Where it is, and what belongs to it. */
        BatchUrls: {
            self: string;
            /** @description The generations of the batch. */
            generations: string;
            cancel: string;
        };
        BatchList: {
            /** @constant */
            object: "list";
            data: components["schemas"]["Batch"][];
            has_more: boolean;
            next_cursor: string | null;
        };
        /** @description A place for a manifest. */
        ManifestPlace: {
            /** @constant */
            object: "manifest";
            bucket: string;
            key: string;
            bytes: number;
            /** @constant */
            method: "PUT";
            /**
             * Format: uri
             * @description A presigned address, valid until url_expires_at.
             */
            url: string;
            /** Format: date-time */
            url_expires_at: string;
        };
        OpenAiImages: {
            /** @description Unix time in seconds. */
            created: number;
            data: components["schemas"]["OpenAiImage"][];
        };
        /** @description A picture, by its address or in base 64. */
        OpenAiImage: {
            /** Format: uri */
            url?: string;
            b64_json?: string;
        };
        ModelList: {
            /** @constant */
            object: "list";
            data: components["schemas"]["Model"][];
        };
        Model: {
            id: string;
            /** @constant */
            object: "model";
            /** @description Unix time in seconds. */
            created: number;
            owned_by: string;
            status: components["schemas"]["ModelStatus"];
            /** @description The model that its maker names to follow it. */
            successor: string | null;
            /** @description The dated model that answers for this name today. */
            snapshot: string;
            /** @description One of a list, or any size within a range. */
            size: components["schemas"]["ModelSizeList"] | components["schemas"]["ModelSizeRange"];
            images: components["schemas"]["ModelImages"];
            /** @description The fields that not every model knows: `true`, or how many characters the provider reads. Others of them are refused. */
            fields: {
                [key: string]: number | true;
            };
            prompt: components["schemas"]["ModelPrompt"];
            pricing: components["schemas"]["ModelPricing"];
            /** @description Of the whole service; more are queued. */
            requests_per_minute: number;
            /** @description Whether an answer that was lost can be found again. */
            recoverable: boolean;
        };
        /**
         * @description Where its maker files it. A `legacy` model is painted as before and no end is announced: its maker has newer ones, and `successor` names the one that follows it, if any.
         * @enum {string}
         */
        ModelStatus: "current" | "legacy";
        /** @description One of these. */
        ModelSizeList: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            rule: "list";
            values: string[];
            /** @example 1664*928 */
            default: string;
        };
        /** @description Any size within these bounds. */
        ModelSizeRange: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            rule: "range";
            min_pixels: number;
            max_pixels: number;
            /**
             * @description The longer to the shorter side, at most.
             * @example 8:1
             */
            widest: string;
            /** @example 1664*928 */
            default: string;
            suggested: string[];
        };
        /** @description How many pictures. */
        ModelImages: {
            /** @description In one request: `n` at most. */
            max: number;
        };
        /** @description The provider may cut what is longer; a warning says so. */
        ModelPrompt: {
            limit: number;
            /** @enum {string} */
            unit: "characters" | "tokens";
        };
        /** @description What an image costs. */
        ModelPricing: {
            currency: string;
            /** @description For each image, by its pixels: the first tier that holds it. */
            output: components["schemas"]["ModelPrice"][];
        };
        /** @description The price of an image up to a size. */
        ModelPrice: {
            up_to_pixels: number | null;
            cost: string;
        };
        Usage: {
            /** @constant */
            object: "usage";
            /**
             * @description Of the generations that were accepted in it, UTC, whenever they ended.
             * @example 2026-11
             */
            month: string;
            /** @description Pictures that are stored, or were until they were removed. */
            images: number;
            /**
             * @description What is known to be charged, a decimal.
             * @example 0.075
             */
            cost: string;
            /**
             * @description What may have been charged besides, as the provider's answer was lost; a decimal.
             * @example 0.075
             */
            unknown: string;
            /**
             * @description What those that have not ended will cost if they are painted; a decimal.
             * @example 0.075
             */
            held: string;
            currency: string;
            /** @description The owner's budget of the month; null without one. */
            budget: components["schemas"]["UsageBudget"] | null;
            models: components["schemas"]["ModelUsage"][];
        };
        /** @description The owner's budget of the month. */
        UsageBudget: {
            /**
             * @description What may be spent in the month, a decimal.
             * @example 0.075
             */
            limit: string;
            /**
             * @description What no generation was charged or holds back; a decimal.
             * @example 0.075
             */
            remaining: string;
        };
        /** @description The same of one model, in the currency that it was charged in. */
        ModelUsage: {
            model: string;
            /** @description Pictures that are stored, or were until they were removed. */
            images: number;
            /**
             * @description What is known to be charged, a decimal.
             * @example 0.075
             */
            cost: string;
            /**
             * @description What may have been charged besides, as the provider's answer was lost; a decimal.
             * @example 0.075
             */
            unknown: string;
            /**
             * @description What those that have not ended will cost if they are painted; a decimal.
             * @example 0.075
             */
            held: string;
            currency: string;
        };
        OpenApiDocument: {
            openapi: string;
        } & {
            [key: string]: unknown;
        };
        /** @description What a problem means, in sentences. */
        ProblemMeaning: {
            code: string;
            title: string;
            status: number;
            /** @description Whether the same request may succeed later. */
            retryable: boolean;
            when: string;
            billed: string;
            advice: string;
        };
        Health: {
            /** @constant */
            status: "ok";
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
