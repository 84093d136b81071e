import type { Model, PaintRequest, Provider } from "../../lambdas/providers/port.ts";

const common = { created: 0, status: "current", successor: null, recoverable: false } as const;

/** Any size within a range, several pictures, none of the fields that not every model knows, dearer when large. */
const sketch: Model = {
  ...common,
  id: "sketch",
  snapshot: "sketch-1",
  size: {
    rule: "range",
    min_pixels: 100 * 100,
    max_pixels: 1000 * 1000,
    widest: "4:1",
    default: "640*480",
    suggested: ["640*480"],
  },
  images: { max: 3 },
  prompt: { limit: 20, unit: "tokens" },
  fields: {},
  pricing: {
    moon: [
      { up_to_pixels: 500_000, cost: "0.10" },
      { up_to_pixels: null, cost: "0.30" },
    ],
  },
  requestsPerMinute: 30,
};

/** Two sizes, one picture, and fields with defaults and limits of its own. */
const oils: Model = {
  ...common,
  id: "oils",
  snapshot: "oils-2",
  size: { rule: "list", values: ["512*512", "300*900"], default: "300*900" },
  images: { max: 1 },
  prompt: { limit: 40, unit: "characters" },
  fields: { negative_prompt: { limit: 10 }, prompt_extend: { default: false } },
  pricing: { moon: [{ up_to_pixels: null, cost: "5" }] },
  requestsPerMinute: 6,
};

/** Of the provider's other region alone. */
const fresco: Model = { ...oils, id: "fresco", pricing: { mars: [{ up_to_pixels: null, cost: "9" }] } };

const HOST = "pictures.pretend.example";

/** A provider that no registry knows: it notes what it is asked, and accepts all of it. */
export function pretendProvider(): Provider & {
  readonly asked: { request: PaintRequest; apiKey: string }[];
} {
  const asked: { request: PaintRequest; apiKey: string }[] = [];
  return {
    asked,
    name: "pretend",
    owner: "pretenders",
    regions: {
      moon: { baseUrl: "https://moon.pretend.example", currency: "MOO" },
      mars: { baseUrl: "https://mars.pretend.example", currency: "MAR" },
    },
    models: [sketch, oils, fresco],
    resultHosts: {
      known: [HOST],
      unseen: null,
      check(sourceUrl) {
        const url = new URL(sourceUrl);
        if (url.host !== HOST) return { allowed: false, fault: "unknown_host", host: url.host };
        return { allowed: true, url, target: url.pathname, mayBePrivate: false };
      },
    },
    longestCallSeconds: 60,
    usualCallSeconds: 5,
    createClient: () => ({
      async submit(request, apiKey) {
        asked.push({ request, apiKey });
        return {
          outcome: "accepted",
          requestId: "pretend-1",
          sourceUrl: `https://${HOST}/1.png`,
          sourceUrls: [`https://${HOST}/1.png`],
          inline: null,
          sourceExpiresAt: new Date("2099-01-01T00:00:00Z"),
          width: null,
          height: null,
        };
      },
    }),
  };
}
