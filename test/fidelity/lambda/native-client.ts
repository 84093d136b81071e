import { request } from "node:http";
import Module from "node:module";

/**
 * Stands in for the compiled half of Amazon's runtime client, which posts answers and errors to the Runtime API: its
 * build takes minutes and a compiler. Loaded with --import, before the client asks for it.
 */
const [hostname = "", port = ""] = (process.env["AWS_LAMBDA_RUNTIME_API"] ?? "").split(":");

function post(path: string, body: string, headers: Record<string, string> = {}): void {
  const options = { hostname, port, method: "POST", path: `/2018-06-01/runtime/invocation/${path}`, headers };
  request(options, (response) => response.resume()).end(body);
}

const client = {
  done: (id: string, body: string) => post(`${id}/response`, body),
  error: (id: string, body: string, xray: string) =>
    post(`${id}/error`, body, { "Lambda-Runtime-Function-XRay-Error-Cause": encodeURI(xray) }),
};

const loader = Module as unknown as { _load(name: string, ...rest: unknown[]): unknown };
const load = loader._load;
loader._load = (name, ...rest) => (name === "./rapid-client.node" ? client : load(name, ...rest));
