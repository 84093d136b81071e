import {
  type CloudFormationClient,
  paginateDescribeStackEvents,
  type StackEvent,
} from "@aws-sdk/client-cloudformation";

/** What a deployment failed for, and the next command. */
export interface DeploymentFault {
  /** The resource and CloudFormation's own words; null where they cannot be read. */
  readonly reason: string | null;
  /** The end of a sentence that begins with a colon before it. */
  readonly next: string;
}

/** Faults that a first deployment in an account is known for. */
const KNOWN: readonly [reason: RegExp, next: (name: string, environment: string) => string][] = [
  [
    /CloudWatch Logs role ARN must be set/i,
    () => "npx cdk deploy --exclusively image-service-account, then deploy again",
  ],
  [
    /'AWS::SecretsManager::Secret' with identifier '([^']+)' already exists|secret ([\w/-]+) already exists|already scheduled for deletion/i,
    (name, environment) =>
      `aws secretsmanager delete-secret --force-delete-without-recovery --secret-id ${name || `image-service/${environment}/…`} (with the key in it), then deploy again`,
  ],
  [
    /'AWS::Logs::LogGroup' with identifier '([^']+)' already exists/i,
    (name) => `aws logs delete-log-group --log-group-name ${name}, then deploy again`,
  ],
  [
    /UnreservedConcurrentExecution/i,
    () => "set reserveConcurrency: false in lib/config.ts, or ask for more concurrency under Service Quotas",
  ],
];

/** Why the last deployment of a stack failed, by its events. */
export async function deploymentFault(
  client: CloudFormationClient,
  { StackName, environment }: { StackName: string; environment: string },
): Promise<DeploymentFault> {
  const deploy = `mend the cause, then npx cdk deploy -c env=${environment}`;
  const first = await firstFailure(client, StackName).catch(() => undefined);
  if (first === undefined) return { reason: null, next: deploy };
  const said = first.ResourceStatusReason ?? "";
  const reason = `${first.LogicalResourceId}: ${said}`;
  for (const [pattern, next] of KNOWN) {
    const found = pattern.exec(said);
    if (found !== null) return { reason, next: next(found[1] ?? found[2] ?? "", environment) };
  }
  return { reason, next: deploy };
}

/** The first of the failures of the last operation: the others follow from it. */
async function firstFailure(
  client: CloudFormationClient,
  StackName: string,
): Promise<StackEvent | undefined> {
  let first: StackEvent | undefined;
  // The newest come first.
  for await (const { StackEvents = [] } of paginateDescribeStackEvents({ client }, { StackName }))
    for (const event of StackEvents) {
      const { ResourceStatus = "", ResourceStatusReason = "", LogicalResourceId } = event;
      if (/^(CREATE|UPDATE|DELETE)_FAILED$/.test(ResourceStatus) && !/cancelled/i.test(ResourceStatusReason))
        first = event;
      if (LogicalResourceId === StackName && /^(CREATE|UPDATE)_IN_PROGRESS$/.test(ResourceStatus))
        return first;
    }
  return first;
}
