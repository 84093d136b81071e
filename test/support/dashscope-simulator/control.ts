import type { FastifyInstance } from "fastify";
import * as z from "zod";
import { UnknownFault } from "./faults.ts";
import type { ProviderState } from "./provider.ts";
import { settingsSchema } from "./settings.ts";

const faultOrderSchema = z.strictObject({
  match: z.string().optional(),
  fault: z.string(),
  times: z.int().positive().optional(),
});

/** The simulator's own side: what tests read and set. The service under test knows nothing of it. */
export function controlRoutes(server: FastifyInstance, state: ProviderState): void {
  server.get("/_simulator/health", async () => ({
    status: "ok",
    pid: process.pid,
    image_host: state.imageHost,
    counts: {
      accepted: state.quota.accepted,
      throttled: state.quota.throttled,
      painted: state.log.calls.filter(({ outcome }) => outcome === "painted").length,
      billed: state.log.calls.filter(({ billed }) => billed).length,
      violations: state.log.violations.length,
    },
  }));

  server.get<{ Querystring: { prompt?: string } }>("/_simulator/calls", async (request) =>
    state.log.calls.filter(({ prompt }) => (prompt ?? "").includes(request.query.prompt ?? "")),
  );

  server.get("/_simulator/violations", async () => state.log.violations);

  server.get<{ Params: { sha256: string } }>("/_simulator/images/:sha256", async (request, reply) => {
    const bytes = await state.results.image(request.params.sha256);
    return bytes === undefined
      ? reply.code(404).send({ message: "no such image" })
      : reply.type("image/png").send(bytes);
  });

  server.get("/_simulator/settings", async () => state.settings);

  server.put("/_simulator/settings", async (request, reply) => {
    const change = settingsSchema.partial().safeParse(bodyOf(request.body));
    if (!change.success) return reply.code(400).send({ message: z.prettifyError(change.error) });
    const given = Object.entries(change.data).filter(([, value]) => value !== undefined);
    state.settings = settingsSchema.parse({ ...state.settings, ...Object.fromEntries(given) });
    return reply.send(state.settings);
  });

  server.post("/_simulator/faults", async (request, reply) => {
    const order = faultOrderSchema.safeParse(bodyOf(request.body));
    if (!order.success) return reply.code(400).send({ message: z.prettifyError(order.error) });
    try {
      state.faults.add(order.data);
    } catch (error) {
      if (error instanceof UnknownFault) return reply.code(400).send({ message: error.message });
      throw error;
    }
    return reply.code(204).send();
  });

  server.post("/_simulator/reset", async (_request, reply) => {
    state.reset();
    return reply.code(204).send();
  });

  server.all("/_simulator/redirect-trap", async (_request, reply) => {
    state.log.violation("a redirect of the generation route was followed");
    return reply.send("This is not the answer.");
  });
}

function bodyOf(body: unknown): unknown {
  try {
    return JSON.parse(typeof body === "string" ? body : "");
  } catch {
    return undefined;
  }
}
