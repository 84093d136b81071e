import fastify, { type FastifyError, type FastifyInstance } from "fastify";
import { connectSimulator, type SimulatorControl } from "./client.ts";
import { controlRoutes } from "./control.ts";
import { generationRoutes } from "./generation.ts";
import { ProviderState } from "./provider.ts";
import { buildResultHost } from "./result-host.ts";
import { defaultSettings, type Settings } from "./settings.ts";

/** Where to listen (0 or absent: any free port), and what differs from the default settings. */
export interface SimulatorOptions extends Partial<Settings> {
  readonly port?: number;
  readonly imagePort?: number;
}

/** A running simulator of this process. */
export interface Simulator extends SimulatorControl {
  /** Ends both listeners and every open connection. */
  close(): Promise<void>;
}

const address = "127.0.0.1";

/** Starts DashScope's double on two ports of this machine: the API, and the host of its results. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { port = 0, imagePort = 0, ...settings } = options;
  const state = new ProviderState({ ...defaultSettings, ...settings });
  const resultHost = buildResultHost(state.results, state.log);
  const api = buildApi(state);
  state.imageHost = new URL(await resultHost.listen({ host: address, port: imagePort })).host;
  try {
    const baseUrl = await api.listen({ host: address, port });
    const control = await connectSimulator(baseUrl);
    return {
      ...control,
      close: async () => {
        state.closing.abort();
        await Promise.all([api.close(), resultHost.close()]);
      },
    };
  } catch (error) {
    await resultHost.close();
    throw error;
  }
}

function buildApi(state: ProviderState): FastifyInstance {
  const server = fastify({ forceCloseConnections: true, bodyLimit: 1024 * 1024 });
  // The provider looks at the key before the body, so the body stays text until a route reads it.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => done(null, body));
  server.setErrorHandler((error: FastifyError, _request, reply) => {
    const tooLarge = error.statusCode === 413;
    return reply.code(tooLarge ? 413 : 500).send({
      code: tooLarge ? "BadRequest.TooLarge" : "InternalError",
      message: error.message,
    });
  });
  generationRoutes(server, state);
  controlRoutes(server, state);
  return server;
}
