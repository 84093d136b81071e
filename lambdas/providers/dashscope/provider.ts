import type { Provider } from "../port.ts";
import { createDashScopeClient } from "./client.ts";
import { MODELS } from "./models.ts";
import { checkResultUrl, KNOWN_RESULT_HOSTS, UNSEEN_RESULT_HOSTS } from "./result-hosts.ts";

/** Alibaba Cloud Model Studio. */
export const dashscope: Provider = {
  name: "dashscope",
  owner: "alibaba-cloud",
  // Singapore and Beijing, by the two shared hosts. Workspace domains
  // (`https://{workspace}.ap-southeast-1.maas.aliyuncs.com`) are configuration.
  regions: {
    sg: { baseUrl: "https://dashscope-intl.aliyuncs.com", currency: "USD" },
    bj: { baseUrl: "https://dashscope.aliyuncs.com", currency: "CNY" },
  },
  models: MODELS,
  resultHosts: { known: KNOWN_RESULT_HOSTS, unseen: UNSEEN_RESULT_HOSTS, check: checkResultUrl },
  // Its `x-dashscope-timeout` header.
  longestCallSeconds: 298,
  // 15 to 60 s were seen.
  usualCallSeconds: 30,
  createClient(options) {
    const client = createDashScopeClient(options);
    return { submit: (request, apiKey, departure) => client.submit(request, { apiKey, departure }) };
  },
};
