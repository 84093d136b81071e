import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import middy from "@middy/core";
import type { DynamoDBStreamEvent } from "aws-lambda";
import { expansions } from "../batches/configured-queue.ts";
import { relayBatches, relayMembers } from "../batches/relay.ts";
import { createUsageStore } from "../budgets/usage-table.ts";
import { readChanges } from "../generations/changes.ts";
import { relayCharges } from "../generations/relay-charges.ts";
import { createUnannouncedEnds } from "../generations/unannounced-ends.ts";
import { imageAddresses } from "../images/configured-addresses.ts";
import { createTurnSender, relayTurns } from "../painting/queue.ts";
import { documents } from "../platform/clients/documents.ts";
import { events } from "../platform/clients/events.ts";
import { queues } from "../platform/clients/queues.ts";
import { workflows } from "../platform/clients/workflows.ts";
import { sleep } from "../platform/clock.ts";
import { required, requiredNumber } from "../platform/environment.ts";
import { counted, logger, publishedMetrics } from "../platform/observe.ts";
import { createEndings } from "../workflows/announce-end.ts";
import { relayEnds } from "../workflows/relay.ts";
import { createTaskTokens } from "../workflows/task-tokens.ts";

const turns = createTurnSender(queues, required("QUEUE_URL"));
const batches = relayBatches(expansions);
const ends = createUnannouncedEnds(documents, required("TABLE_NAME"));
const announce = createEndings({
  events,
  eventBus: required("EVENT_BUS_NAME"),
  workflows,
  taskTokens: createTaskTokens(documents, required("TABLE_NAME"), Date.now),
  images: imageAddresses,
});
const charges = {
  usage: createUsageStore(documents, required("TABLE_NAME")),
  retentionDays: requiredNumber("RETENTION_DAYS"),
};

/**
 * Carries the table's changes on: new batches and those whose generations end to the expander, new generations to the
 * queue, ended ones to the event bus and to workflows, and what they were charged to the counters. What fails makes all
 * of them come again, so each part may happen twice; but for an end, which its record knows to be unannounced.
 */
export const handler = middy(async (event: DynamoDBStreamEvent) => {
  await batches(event);
  const changes = readChanges(event, () => counted("PoisonMessage", "error", { part: "relay" }));
  await relayTurns(changes, turns);
  await relayMembers(changes, expansions);
  await relayEnds(changes, {
    announce,
    ends,
    sleep,
    signal: (name, generation_id) => counted(name, "error", { generation_id }),
  });
  await relayCharges(changes, charges);
})
  .use(injectLambdaContext(logger))
  .use(publishedMetrics);
