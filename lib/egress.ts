import { CfnOutput, Stack } from "aws-cdk-lib";
import { CfnRuleGroup } from "aws-cdk-lib/aws-networkfirewall";
import { Construct } from "constructs";
import type { ResultHosts } from "../lambdas/providers/port.ts";
import { offerOf } from "../lambdas/providers/registry.ts";
import type { Environment } from "./environment-schema.ts";

/** The address of the provider: the environment's own, else the region's shared host. */
export function providerBaseUrl({ provider }: Environment): string {
  return provider.baseUrl ?? offerOf(provider).baseUrl;
}

/** Every host that the worker must reach outside AWS, by name. */
function egressHosts(environment: Environment): string[] {
  const host = new URL(providerBaseUrl(environment)).hostname;
  const { known } = offerOf(environment.provider).provider.resultHosts;
  return [...new Set([host, ...known, ...environment.provider.extraImageHosts])];
}

/** Result hosts not seen yet: the guard of the download, in the words of Suricata. A list of domains cannot say it. */
function unseenHosts(provider: string, unseen: NonNullable<ResultHosts["unseen"]>): string {
  return [
    "pass tls $HOME_NET any -> $EXTERNAL_NET 443",
    "(tls.sni;",
    `content:"${unseen.startsWith}"; startswith; nocase;`,
    `content:"${unseen.endsWith}"; endswith; nocase;`,
    `pcre:"/${unseen.pattern}/i";`,
    "flow:to_server;",
    `msg:"a result host of ${provider}"; sid:1000001; rev:1;)`,
  ].join(" ");
}

/** Fixed for the life of a rule group, as its order is: both are in its name, as another needs another group. */
const CAPACITY = { hosts: 200, unseen: 10 };

/** The order that AWS recommends: a policy takes groups of its own order alone. */
const statefulRuleOptions = { ruleOrder: "STRICT_ORDER" };

/**
 * Rule groups for the AWS Network Firewall of a network that blocks public object storage: with them the worker
 * reaches the provider and its result hosts, and nothing else by TLS. See docs/egress.md.
 */
export class EgressAllowlist extends Construct {
  constructor(scope: Construct, id: string, environment: Environment) {
    super(scope, id);
    const { name, resultHosts } = offerOf(environment.provider).provider;
    const nameOf = (part: keyof typeof CAPACITY) =>
      `image-service-${environment.name}-${part}-strict-${CAPACITY[part]}`;
    const hosts = new CfnRuleGroup(this, "Hosts", {
      ruleGroupName: nameOf("hosts"),
      description: `${name} and the hosts that its images are known to come from`,
      type: "STATEFUL",
      capacity: CAPACITY.hosts,
      ruleGroup: {
        statefulRuleOptions,
        rulesSource: {
          rulesSourceList: {
            targets: egressHosts(environment),
            targetTypes: ["TLS_SNI"],
            generatedRulesType: "ALLOWLIST",
          },
        },
      },
    });
    const groups = [hosts];
    // First of the two: the list's own last rule drops every other TLS name.
    if (resultHosts.unseen !== null)
      groups.unshift(
        new CfnRuleGroup(this, "UnseenHosts", {
          ruleGroupName: nameOf("unseen"),
          description: `${resultHosts.unseen.description}: result hosts that the provider may add`,
          type: "STATEFUL",
          capacity: CAPACITY.unseen,
          ruleGroup: {
            statefulRuleOptions,
            rulesSource: { rulesString: unseenHosts(name, resultHosts.unseen) },
          },
        }),
      );
    new CfnOutput(Stack.of(this), "EgressRuleGroupArns", {
      value: groups.map(({ attrRuleGroupArn }) => attrRuleGroupArn).join(","),
    });
  }
}
