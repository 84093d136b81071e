import { createRequire } from "node:module";

// Imported by an ES module, `node:http` loads all of undici for its WebSocket, which is a tenth of a function's start.
// The bundles take this for it.
const http: typeof import("node:http") = createRequire(import.meta.url)("node:http");

export const { Agent, request, STATUS_CODES } = http;
