import { CfnOutput, Stack } from "aws-cdk-lib";
import { EventBus } from "aws-cdk-lib/aws-events";
import { Construct } from "constructs";
import type { Environment } from "./environment-schema.ts";
import type { ServiceFunction } from "./service-function.ts";

/**
 * Where the ends of generations are told. Rules belong to those who listen, not to us.
 * There is no archive: it would keep a prompt after its owner deleted it.
 */
export class GenerationEvents extends Construct {
  private readonly bus: EventBus;

  constructor(scope: Construct, id: string, environment: Environment) {
    super(scope, id);
    this.bus = new EventBus(this, "Bus", { eventBusName: `image-service-${environment.name}` });
    new CfnOutput(Stack.of(this), "EventBusName", { value: this.bus.eventBusName });
  }

  grantPublish(target: ServiceFunction): void {
    target.set("EVENT_BUS_NAME", this.bus.eventBusName);
    target.allow(["events:PutEvents"], [this.bus.eventBusArn]);
  }
}
