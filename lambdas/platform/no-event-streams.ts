/**
 * The bundles take this for `@smithy/core/event-streams`: no call of ours streams events, and the code for them is
 * loaded by an `import()` that keeps much of the SDK from being left out.
 */
export function resolveEventStreamSerdeConfig<Input>(input: Input): Input {
  return input;
}

/** The SDK asks for one only where a client streams events. */
export function eventStreamSerdeProvider(): never {
  throw new Error("this bundle streams no events");
}

export class EventStreamSerde {
  constructor() {
    eventStreamSerdeProvider();
  }
}
