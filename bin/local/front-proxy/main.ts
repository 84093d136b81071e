import { parseArgs } from "node:util";
import { startFrontProxy } from "./server.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string" },
    socket: { type: "string" },
    "proxy-port": { type: "string", multiple: true },
  },
});

await startFrontProxy(Number(values.port), values.socket ?? "", values["proxy-port"]?.map(Number));
