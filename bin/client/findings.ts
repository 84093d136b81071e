import type { Listeners } from "./alarm-listeners.ts";
import type { Alarms } from "./alarms.ts";

/** What one check of the doctor has found. */
export interface Finding {
  /** `skipped`: it could not be done, and `says` tells why. */
  readonly kind: "good" | "person" | "skipped";
  readonly says: string;
  /** The section of docs/operations.md that says what to do. */
  readonly next?: string;
}

/** One check, by its name. It never says a key or a prompt. */
export interface Check {
  readonly name: string;
  readonly run: () => Promise<Finding>;
}

export function good(says: string): Finding {
  return { kind: "good", says };
}

/** A person must act: what is wrong, and the runbook's section. */
export function person(says: string, next: string): Finding {
  return { kind: "person", says, next };
}

export function skipped(says: string): Finding {
  return { kind: "skipped", says };
}

/** A provider's key, by its form alone: the deployment's placeholder is 32 letters and digits without a dash. */
export function keyFinding(secret: string | undefined): Finding {
  const key = secret?.trim() ?? "";
  if (key === "") return person("the secret is empty: no picture can be painted", "everyday");
  if (!/^sk-\S+$/.test(key))
    return person("the secret holds no provider key (they begin with sk-): put it there", "everyday");
  return good("holds a key");
}

/** What the provider's free call for quotas says, by its status and body, against the configured pace. */
export function quotaFinding(status: number, body: unknown, perMinute: number): Finding {
  if (status === 401 || status === 403)
    return person(
      `the provider refuses the key (HTTP ${status}): is it of this region, and is the account in order?`,
      "provider-paused",
    );
  const limit = quotaOf(body);
  if (status !== 200 || limit === null)
    return skipped(`the provider takes the key, and says nothing of its quota (HTTP ${status})`);
  const said = `the account has ${limit} a minute, ${perMinute} are configured`;
  return limit < perMinute ? person(said, "provider-throttled-long") : good(said);
}

/** Requests a minute, of the provider's answer; null where it says none. */
function quotaOf(body: unknown): number | null {
  const data = memberOf(body, "data");
  const limit = memberOf(data, "request_limit");
  const seconds = memberOf(data, "request_limit_period");
  if (typeof limit !== "number" || typeof seconds !== "number" || seconds <= 0) return null;
  return (limit * 60) / seconds;
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}

/** One or two in an hour are bad luck: clocks and networks are not exact. */
const MANY_THROTTLED = 5;

/** Why nobody asks the provider at present. */
export function pauseFinding({ paused, throttled }: { paused: string | null; throttled: number }): Finding {
  if (paused === null)
    return throttled < MANY_THROTTLED
      ? good("calls go out")
      : person(
          `${throttled} calls were throttled within an hour: the account has less than is configured, or others use it too`,
          "provider-throttled-long",
        );
  return paused === "outage"
    ? person("the queue is paused: the provider does not work", "provider-outage")
    : person(`the queue is paused: the provider refuses the account (${paused})`, "provider-paused");
}

const OLD_SECONDS = 18 * 3600;

/** The line, by its oldest record. */
export function lineFinding(messages: number, oldestSeconds: number): Finding {
  const said =
    messages === 0 && oldestSeconds === 0
      ? "nothing is in line"
      : `about ${messages} messages; the oldest open generation is ${Math.round(oldestSeconds / 60)} min old`;
  return oldestSeconds >= OLD_SECONDS ? person(said, "queue-too-old") : good(said);
}

/** What nobody could handle. */
export function deadLetterFinding(messages: number): Finding {
  return messages === 0 ? good("none") : person(`${messages} messages`, "dead-letter-queue-not-empty");
}

/** Whether stack and table of an environment that keeps its data can be deleted by one command. */
export function protectionFinding(isProtected: boolean): Finding {
  return isProtected
    ? good("the stack refuses to be deleted")
    : person(
        "there is none: set deletionProtection: true in lib/config.ts and deploy again",
        "protection-from-deletion",
      );
}

/** The alarms of a deployed environment. */
export function alarmsFinding({ count, ringing }: Omit<Alarms, "topics">): Finding {
  const [first] = ringing;
  if (first !== undefined) return person(`${ringing.join(", ")} of ${count}`, first);
  return count === 0 ? person("there are none: deploy again", "alarms") : good(`none of ${count} rings`);
}

/** Whether somebody hears of the alarms of each topic. */
export function listenersFinding(topics: readonly Listeners[]): Finding {
  const pending = [...new Set(topics.flatMap((topic) => topic.pending))];
  const deaf = topics.flatMap(({ topic, confirmed }) => (confirmed === 0 ? [topic] : []));
  const faults = [
    ...(pending.length > 0 ? [`${pending.join(", ")} must confirm the mail that SNS has sent`] : []),
    ...(deaf.length > 0 ? [`nobody hears of ${deaf.join(", ")}`] : []),
  ];
  if (faults.length > 0) return person(faults.join("; "), "who-hears-of-alarms");
  return good(`${topics.map(({ topic, confirmed }) => `${topic} is heard by ${confirmed}`).join(", ")}`);
}
