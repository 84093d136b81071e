import { CfnOutput, Stack } from "aws-cdk-lib";
import { CfnRuleGroup } from "aws-cdk-lib/aws-networkfirewall";
import { Construct } from "constructs";
import { defaultBaseUrl } from "../lambdas/providers/dashscope/models.ts";
import { KNOWN_RESULT_HOSTS } from "../lambdas/providers/dashscope/result-hosts.ts";
import type { Environment } from "./environment-schema.ts";

/** The address of the provider: the environment's own, else the region's shared host. */
export function providerBaseUrl({ provider }: Environment): string {
  return provider.baseUrl ?? defaultBaseUrl(provider.region);
}

/** Every host that the worker must reach outside AWS, by name. */
function egressHosts(environment: Environment): string[] {
  const provider = new URL(providerBaseUrl(environment)).hostname;
  return [...new Set([provider, ...KNOWN_RESULT_HOSTS, ...environment.provider.extraImageHosts])];
}

/** Result hosts not seen yet: the guard of the download, in the words of Suricata. A list of domains cannot say it. */
const UNSEEN_RESULT_HOSTS = [
  "pass tls $HOME_NET any -> $EXTERNAL_NET 443",
  "(tls.sni;",
  'content:"dashscope-"; startswith; nocase;',
  'content:".aliyuncs.com"; endswith; nocase;',
  'pcre:"/^dashscope-[a-z0-9-]+\\.oss-[a-z0-9-]+\\.aliyuncs\\.com$/i";',
  "flow:to_server;",
  'msg:"a result host of DashScope"; sid:1000001; rev:1;)',
].join(" ");

/**
 * Rule groups for the AWS Network Firewall of a network that blocks public object storage: with them the worker
 * reaches the provider and its result hosts, and nothing else by TLS. See docs/egress.md.
 */
export class EgressAllowlist extends Construct {
  constructor(scope: Construct, id: string, environment: Environment) {
    super(scope, id);
    const hosts = new CfnRuleGroup(this, "Hosts", {
      ruleGroupName: `image-service-${environment.name}-hosts`,
      description: "DashScope and the hosts that its images are known to come from",
      type: "STATEFUL",
      // Fixed for the life of a rule group: room for many more hosts than there are.
      capacity: 200,
      ruleGroup: {
        rulesSource: {
          rulesSourceList: {
            targets: egressHosts(environment),
            targetTypes: ["TLS_SNI"],
            generatedRulesType: "ALLOWLIST",
          },
        },
      },
    });
    const pattern = new CfnRuleGroup(this, "UnseenHosts", {
      ruleGroupName: `image-service-${environment.name}-unseen-hosts`,
      description: "dashscope-*.oss-*.aliyuncs.com: result hosts that the provider may add",
      type: "STATEFUL",
      capacity: 10,
      ruleGroup: { rulesSource: { rulesString: UNSEEN_RESULT_HOSTS } },
    });
    new CfnOutput(Stack.of(this), "EgressRuleGroupArns", {
      value: `${hosts.attrRuleGroupArn},${pattern.attrRuleGroupArn}`,
    });
  }
}
