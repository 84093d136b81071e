import type { UrlCheck } from "../../platform/url-check.ts";

/**
 * Where results may be fetched from. The list of names that the provider publishes is not complete, so the guard is the
 * pattern `dashscope-*.oss-*.aliyuncs.com`, each star within one label. Anyone can own a bucket that fits it: the guard
 * keeps requests on the provider's storage, it does not prove who wrote the file.
 */

/** The names known so far, for the egress documentation and firewalls; the guard does not need them. */
export const KNOWN_RESULT_HOSTS: readonly string[] = [
  // https://www.alibabacloud.com/help/en/model-studio/qwen-image-api
  "dashscope-result-bj.oss-cn-beijing.aliyuncs.com",
  "dashscope-result-hz.oss-cn-hangzhou.aliyuncs.com",
  "dashscope-result-sh.oss-cn-shanghai.aliyuncs.com",
  "dashscope-result-wlcb.oss-cn-wulanchabu.aliyuncs.com",
  "dashscope-result-zjk.oss-cn-zhangjiakou.aliyuncs.com",
  "dashscope-result-sz.oss-cn-shenzhen.aliyuncs.com",
  "dashscope-result-hy.oss-cn-heyuan.aliyuncs.com",
  "dashscope-result-cd.oss-cn-chengdu.aliyuncs.com",
  "dashscope-result-gz.oss-cn-guangzhou.aliyuncs.com",
  "dashscope-result-wlcb-acdr-1.oss-cn-wulanchabu-acdr-1.aliyuncs.com",
  // Seen in answers since.
  "dashscope-7c2c.oss-cn-shanghai.aliyuncs.com",
  "dashscope-result-sgp.oss-ap-southeast-1.aliyuncs.com",
  "dashscope-7c2c.oss-accelerate.aliyuncs.com",
  "dashscope-a717.oss-cn-beijing.aliyuncs.com",
];

/** Names that the provider may add, for a firewall that knows no labels. */
export const UNSEEN_RESULT_HOSTS = {
  description: "dashscope-*.oss-*.aliyuncs.com",
  startsWith: "dashscope-",
  endsWith: ".aliyuncs.com",
  pattern: "^dashscope-[a-z0-9-]+\\.oss-[a-z0-9-]+\\.aliyuncs\\.com$",
};

const RESULT_HOST =
  /^dashscope-[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.oss-[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.aliyuncs\.com$/;
const LONGEST_LABEL = 63;

/** The parts of an absolute http(s) URL as written; a backslash or a space before the path fits none of them. */
const ABSOLUTE_URL = /^(https?):\/\/([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::(\d{1,5}))?([/?][^#]*)?(?:#.*)?$/i;

/**
 * Whether an image may be fetched from this address: port 443, no userinfo, a host of the pattern or one that is
 * listed in `extraHosts`. An entry there is a host name (443 as well; never an IP address) or `host:port`, which also
 * allows plain http and addresses and belongs in the local environment only. A plain `http://` address of an allowed
 * host is asked by https.
 */
export function checkResultUrl(
  sourceUrl: string,
  options: { readonly extraHosts: readonly string[] },
): UrlCheck {
  const url = URL.parse(sourceUrl);
  if (url === null) return { allowed: false, fault: "unknown_host", host: "unreadable" };
  const host = url.host === "" ? "unreadable" : url.host;
  const unknown: UrlCheck = { allowed: false, fault: "unknown_host", host };
  if (/\p{Cc}/u.test(sourceUrl)) return unknown;
  const written = ABSOLUTE_URL.exec(sourceUrl);
  // What was written must be what was understood: no name that had to be decoded, shortened or turned into an address.
  if (written === null || written[2]?.toLowerCase() !== url.hostname) return unknown;

  // A dot at the end makes a name absolute, and is no part of it to TLS.
  const hostname = url.hostname.replace(/\.$/, "");
  const isPlain = url.protocol === "http:";
  const port = url.port === "" ? (isPlain ? "80" : "443") : url.port;
  const extraHosts = options.extraHosts.map((entry) => entry.toLowerCase());
  const listedPort = extraHosts.includes(`${hostname}:${port}`);
  const listed = listedPort || (!isAddress(hostname) && extraHosts.includes(hostname));
  if (!listed && !isResultHost(hostname)) return unknown;
  if (!listedPort && port !== (isPlain ? "80" : "443")) return { allowed: false, fault: "other_port", host };

  url.hostname = hostname;
  if (isPlain && !listedPort) url.protocol = "https:";
  const rest = written[4] ?? "/";
  return {
    allowed: true,
    url,
    target: percentEncoded(rest.startsWith("?") ? `/${rest}` : rest),
    mayBePrivate: listed,
  };
}

/** Encodes what may not stand in a request line, and leaves everything else, what is encoded already too. */
function percentEncoded(target: string): string {
  return target.replace(/[^\x21-\x5b\x5d-\x7e]+/g, (piece) => encodeURIComponent(piece.toWellFormed()));
}

function isResultHost(hostname: string): boolean {
  return RESULT_HOST.test(hostname) && hostname.split(".").every((label) => label.length <= LONGEST_LABEL);
}

/** After URL parsing every IPv4 spelling is dotted decimal, and IPv6 stands in brackets. */
function isAddress(hostname: string): boolean {
  return hostname.startsWith("[") || /^\d+\.\d+\.\d+\.\d+$/.test(hostname);
}
