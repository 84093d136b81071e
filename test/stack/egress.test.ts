import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { KNOWN_RESULT_HOSTS } from "../../lambdas/providers/dashscope/result-hosts.ts";
import { environmentNamed } from "../../lib/config.ts";
import { functionsOf, resourcesOf, statementsOf, synthesise, synthesised } from "./synthesised.ts";

const prod = environmentNamed("prod", {});
const network = { vpcId: "vpc-1", subnetIds: ["subnet-1", "subnet-2"], securityGroupIds: ["sg-1"] };
const walled = synthesise({
  ...prod,
  provider: { ...prod.provider, extraImageHosts: ["dashscope-new.example.com"] },
  egress: { mode: "allowlist", network },
});

describe("an environment behind an allowlist", () => {
  const groups = resourcesOf(walled, "AWS::NetworkFirewall::RuleGroup").map(
    ([, { Properties }]) => Properties,
  );

  const groupOf = (part: string) =>
    groups.find(({ RuleGroupName }) => String(RuleGroupName).startsWith(`image-service-prod-${part}`));
  const [hosts, unseen] = [groupOf("hosts"), groupOf("unseen")];

  it("can join a policy in strict order, the pattern before the list that drops the rest", () => {
    for (const { RuleGroup, RuleGroupName, Capacity } of groups) {
      expect(RuleGroup.StatefulRuleOptions).toEqual({ RuleOrder: "STRICT_ORDER" });
      // Neither can be changed in place, and a replacement needs another name.
      expect(RuleGroupName).toMatch(new RegExp(`-strict-${Capacity}$`));
    }
    const { EgressRuleGroupArns } = walled.template.toJSON()["Outputs"];
    expect(JSON.stringify(EgressRuleGroupArns)).toMatch(/UnseenHosts.*EgressHosts/);
  });

  it("lets the worker reach the provider of its region and the result hosts, by TLS name", () => {
    expect(hosts?.["RuleGroup"].RulesSource.RulesSourceList).toEqual({
      Targets: ["dashscope-intl.aliyuncs.com", ...KNOWN_RESULT_HOSTS, "dashscope-new.example.com"],
      TargetTypes: ["TLS_SNI"],
      GeneratedRulesType: "ALLOWLIST",
    });
  });

  it("lets it reach result hosts that nobody has seen yet, and no others", () => {
    const rule: string = unseen?.["RuleGroup"].RulesSource.RulesString;
    const pattern = new RegExp(/pcre:"\/(.+)\/i"/.exec(rule)?.[1] ?? "never", "i");
    for (const host of [...KNOWN_RESULT_HOSTS, "dashscope-9z.oss-eu-west-1.aliyuncs.com"])
      expect(host).toMatch(pattern);
    for (const host of [
      "evil.oss-cn-beijing.aliyuncs.com",
      "dashscope-x.oss-cn-beijing.aliyuncs.com.evil.example",
      "a.dashscope-x.oss-cn-beijing.aliyuncs.com",
      "dashscope-x.evil.oss-cn-beijing.aliyuncs.com",
    ])
      expect(host).not.toMatch(pattern);
  });

  it("puts the worker, and it alone, into the network", () => {
    for (const [name, { VpcConfig }] of Object.entries(functionsOf(walled)))
      expect(VpcConfig).toEqual(
        name === "worker" ? { SubnetIds: ["subnet-1", "subnet-2"], SecurityGroupIds: ["sg-1"] } : undefined,
      );
    const wild = statementsOf(walled, "worker").filter(({ Resource }) => Resource.includes("*"));
    expect(
      wild.flatMap(({ Action }) => Action).filter((action) => !/^(xray|ec2):[A-Z]/.test(action)),
    ).toEqual([]);
  });

  it("has no unexplained finding of cdk-nag", () => {
    expect(walled.findings).toEqual([]);
    expect(Object.keys(walled.template.toJSON()["Outputs"])).toContain("EgressRuleGroupArns");
  });
});

describe("every other environment", () => {
  it("makes no firewall rules and stays out of networks", () => {
    synthesised("prod").template.resourceCountIs("AWS::NetworkFirewall::RuleGroup", 0);
  });
});

describe("docs/egress.md", () => {
  const page = readFileSync(new URL("../../docs/egress.md", import.meta.url), "utf8");

  it("lists every host that the worker must reach", () => {
    for (const host of ["dashscope-intl.aliyuncs.com", "dashscope.aliyuncs.com", ...KNOWN_RESULT_HOSTS])
      expect(page).toContain(`\n${host}\n`);
  });
});
