import {
  Alarm,
  ComparisonOperator,
  type IAlarmAction,
  type IMetric,
  TreatMissingData,
} from "aws-cdk-lib/aws-cloudwatch";
import type { Construct } from "constructs";
import type { Environment } from "./environment-schema.ts";

/** Something that an operator must know: what it does to people comes first. */
export interface AlarmRule {
  /** In kebab case; the anchor of its section in docs/operations.md. */
  readonly name: string;
  /** `high`: people are hurt now, a person is paged; `medium`: some are, or soon; `low`: look at it this week. */
  readonly severity: "high" | "medium" | "low";
  /** What callers and owners feel. */
  readonly impact: string;
  readonly metric: IMetric;
  /** The value that rings, from there upwards. */
  readonly threshold: number;
  /** How many periods in a row; 1 unless told. */
  readonly periods?: number;
  /** Rings below the threshold, and when there is no value at all. */
  readonly fallsBelow?: boolean;
}

/** An alarm whose message says how bad it is, whom it hurts and where the runbook is. */
export class ServiceAlarm extends Alarm {
  constructor(scope: Construct, environment: Environment, rule: AlarmRule, action: IAlarmAction) {
    const { name, severity, impact, metric, threshold, periods = 1, fallsBelow = false } = rule;
    super(scope, name, {
      alarmName: `image-service-${environment.name}-${name}`,
      alarmDescription: `[${severity}] ${impact} Runbook: docs/operations.md#${name}`,
      metric,
      threshold,
      evaluationPeriods: periods,
      comparisonOperator: fallsBelow
        ? ComparisonOperator.LESS_THAN_THRESHOLD
        : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: fallsBelow ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    });
    this.addAlarmAction(action);
    this.addOkAction(action);
  }
}
