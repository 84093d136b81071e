import { CfnElement, Stack } from "aws-cdk-lib";
import type { IConstruct } from "constructs";

/** The name of a construct's resource in the template, as findings of cdk-nag quote it. */
export function logicalId(construct: IConstruct): string {
  const resource = construct.node.defaultChild ?? construct;
  if (!CfnElement.isCfnElement(resource))
    throw new Error(`${construct.node.path} has no resource of its own`);
  return String(Stack.of(construct).resolve(resource.logicalId));
}
