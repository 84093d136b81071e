import { parseArgs } from "node:util";
import { type SimulatorOptions, startSimulator } from "./server.ts";
import { settingsSchema } from "./settings.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string" },
    "image-port": { type: "string" },
    "latency-ms": { type: "string" },
    "requests-per-minute": { type: "string" },
    "window-seconds": { type: "string" },
    pictures: { type: "string" },
    key: { type: "string", multiple: true },
  },
});

const count = (text: string): number => {
  const value = Number(text);
  if (text.trim() === "" || Number.isNaN(value)) throw new TypeError(`not a number: "${text}"`);
  return value;
};

const options: SimulatorOptions = {
  ...(values.port === undefined ? {} : { port: count(values.port) }),
  ...(values["image-port"] === undefined ? {} : { imagePort: count(values["image-port"]) }),
  ...(values["latency-ms"] === undefined ? {} : { latencyMs: count(values["latency-ms"]) }),
  ...(values["requests-per-minute"] === undefined
    ? {}
    : { requestsPerMinute: count(values["requests-per-minute"]) }),
  ...(values["window-seconds"] === undefined ? {} : { windowSeconds: count(values["window-seconds"]) }),
  ...(values.pictures === undefined
    ? {}
    : { pictures: settingsSchema.shape.pictures.parse(values.pictures) }),
  ...(values.key === undefined ? {} : { validKeys: values.key }),
};

const simulator = await startSimulator(options);
console.log(
  JSON.stringify({ base_url: simulator.baseUrl, image_host: simulator.imageHost, pid: process.pid }),
);

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    void simulator.close().then(() => process.exit(0));
  });
}
