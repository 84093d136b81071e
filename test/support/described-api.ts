import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";

interface Schema {
  readonly type?: string;
  readonly [keyword: string]: unknown;
}

interface Media {
  readonly schema: Schema;
  readonly examples?: Record<string, { readonly value: unknown }>;
}

interface Response {
  readonly headers?: Record<string, unknown>;
  readonly content?: Record<string, Media>;
}

interface Operation {
  readonly operationId: string;
  readonly security?: readonly unknown[];
  readonly responses: Record<string, Response>;
}

/** As much of an OpenAPI document as answers are measured by. */
export interface ApiDocument {
  readonly openapi: string;
  readonly info: { readonly description: string };
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly headers: Record<string, { schema: Schema }> };
}

/** A request. The key is the service's own unless another is given, or none (null). */
export interface Asked {
  readonly method?: string;
  readonly key?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly body?: string;
}

/** An answer that is as the document says. */
export interface Told {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Record<string, unknown>;
}

/** One kind of answer that was seen: `POST /generations 422 invalid_request`. */
type Sight = string;

/** Headers that HTTP itself defines for any answer, and the gateway's own. */
const ANYWHERE = new Set([
  "allow",
  "connection",
  "content-length",
  "content-security-policy",
  "content-type",
  "date",
  "keep-alive",
  "referrer-policy",
  "strict-transport-security",
  "vary",
  "x-amz-request-id",
  "x-amzn-errortype",
  "x-amzn-requestid",
  "x-content-type-options",
]);

/** Refusals of a request that leads to no operation. */
const ASTRAY: Readonly<Record<number, string>> = {
  401: "unauthorized",
  404: "not_found",
  405: "method_not_allowed",
};

const formats = {
  "date-time": /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/,
  "uri-reference": () => true,
  uri: (text: string) => URL.canParse(text),
};

/** The running API, each answer of which is measured by its own document. */
export class DescribedApi {
  /** Every kind of answer so far. */
  readonly seen = new Set<Sight>();
  readonly document: ApiDocument;
  readonly #url: string;
  readonly #key: string;
  readonly #ajv: Ajv2020;
  readonly #validators = new Map<string, ValidateFunction>();

  /** Reads the document that the API at this address serves. */
  static async at(url: string, key: string): Promise<DescribedApi> {
    const response = await fetch(`${url}/openapi.json`);
    if (!response.ok) throw new Error(`openapi.json answered ${response.status}`);
    return new DescribedApi(url, key, (await response.json()) as ApiDocument);
  }

  private constructor(url: string, key: string, document: ApiDocument) {
    this.#url = url;
    this.#key = key;
    this.document = document;
    this.#ajv = new Ajv2020({ strict: false, allErrors: true, formats });
    this.#ajv.addSchema({ $id: "document", components: document.components });
  }

  /**
   * Sends a request and reads the answer. `path` begins after `/v1`.
   *
   * @throws Error for an answer that differs from the document in status, headers, media type or body
   */
  async ask(path: string, asked: Asked = {}): Promise<Told> {
    const { key = this.#key, headers = {}, json } = asked;
    const body = json === undefined ? asked.body : JSON.stringify(json);
    const method = asked.method ?? (body === undefined ? "GET" : "POST");
    const response = await fetch(this.#url + path, {
      method,
      redirect: "manual",
      headers: {
        ...(key !== null && { authorization: `Bearer ${key}` }),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body }),
    });
    const text = await response.text();
    const isJson = /^application\/(?:problem\+)?json/.test(response.headers.get("content-type") ?? "");
    const told = {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson && text !== "" ? JSON.parse(text) : {},
    };
    this.#measure(method, path.split("?")[0] ?? "", told);
    return told;
  }

  #measure(method: string, path: string, told: Told): void {
    const where = `${method} ${this.#templateOf(path) ?? path}`;
    const problems = [...this.#problemsOf(method, path, told)];
    if (problems.length > 0)
      throw new Error(
        `${where} answered ${told.status} ${JSON.stringify(Object.fromEntries(told.headers))} ${told.text.slice(0, 2000)}\n` +
          problems.map((each) => `  - ${each}`).join("\n"),
      );
    const code = told.status >= 400 && told.text !== "" ? ` ${told.body["code"]}` : "";
    this.seen.add(`${where} ${told.status}${code}`);
  }

  *#problemsOf(method: string, path: string, told: Told): Generator<string> {
    const { status, headers, text, body } = told;
    const requestId = headers.get("x-request-id");
    if (!requestId) yield "it has no x-request-id";
    for (const name of ["x-content-type-options", "strict-transport-security", "referrer-policy"])
      if (!headers.has(name)) yield `it has no ${name}`;
    if (status >= 400 && text !== "") {
      if (body["request_id"] !== requestId) yield "the problem names another request";
      if (body["status"] !== status) yield "the problem names another status";
    }
    const operation = this.#operation(method, path);
    if (operation === undefined) {
      yield* this.#problemsAstray(method, told);
      return;
    }
    const response = operation.responses[status];
    if (response === undefined) {
      yield "the document has no such status";
      return;
    }
    yield* this.#problemsOfHeaders(response, told);
    yield* this.#problemsOfBody(response, told, `${method} ${path}`);
    // The gateway's own refusals know nothing of anybody's quota.
    const byGateway = status === 401 || status === 403;
    const hasQuota = headers.has("ratelimit") && headers.has("ratelimit-policy");
    if (operation.security === undefined && !byGateway && !hasQuota) yield "it does not tell the quota";
  }

  *#problemsAstray(method: string, { status, headers, text, body }: Told): Generator<string> {
    if (method === "OPTIONS" && status === 204) return;
    const code = ASTRAY[status];
    if (code === undefined) yield "nothing of the kind is described";
    if (method === "HEAD") return;
    if (headers.get("content-type") !== "application/problem+json") yield "it is no problem document";
    if (body["code"] !== code) yield `its code is ${body["code"]} in place of ${code}`;
    yield* this.#faults("problem", { $ref: "document#/components/schemas/Problem" }, body);
    if (text === "") yield "it is empty";
  }

  *#problemsOfHeaders({ headers: described = {} }: Response, { headers }: Told): Generator<string> {
    const names = new Map(Object.keys(described).map((name) => [name.toLowerCase(), name]));
    for (const [name, value] of headers) {
      const known = names.get(name);
      if (known === undefined) {
        if (!ANYWHERE.has(name)) yield `the document has no header ${name} here`;
        continue;
      }
      const { schema } = this.document.components.headers[known] ?? { schema: {} };
      yield* this.#faults(`header ${known}`, schema, schema.type === "integer" ? Number(value) : value);
    }
  }

  *#problemsOfBody({ content = {} }: Response, told: Told, what: string): Generator<string> {
    const [type = ""] = (told.headers.get("content-type") ?? "").split(";");
    if (Object.keys(content).length === 0) {
      if (told.text !== "") yield "the document has no body here";
      return;
    }
    const media = content[type];
    if (media === undefined) {
      yield `the document has no ${type} here`;
      return;
    }
    if (type === "text/html") return;
    yield* this.#faults(`${what} ${told.status} ${type}`, media.schema, told.body);
    if (
      type === "application/problem+json" &&
      !Object.hasOwn(media.examples ?? {}, String(told.body["code"]))
    )
      yield `the document has no problem ${told.body["code"]} here`;
  }

  *#faults(name: string, schema: Schema, value: unknown): Generator<string> {
    const text = JSON.stringify(schema).replaceAll('"#/components', '"document#/components');
    const validate = this.#validators.get(text) ?? this.#ajv.compile(JSON.parse(text));
    this.#validators.set(text, validate);
    if (validate(value)) return;
    for (const { instancePath, message, params } of validate.errors ?? [])
      yield `${name}: ${instancePath} ${message} ${JSON.stringify(params)}`;
  }

  #operation(method: string, path: string): Operation | undefined {
    return this.document.paths[this.#templateOf(path) ?? ""]?.[method.toLowerCase()];
  }

  #templateOf(path: string): string | undefined {
    return Object.keys(this.document.paths).find((template) =>
      new RegExp(`^${template.replaceAll(".", "\\.").replace(/\{\w+\}/g, "[^/]+")}$`).test(path),
    );
  }
}
