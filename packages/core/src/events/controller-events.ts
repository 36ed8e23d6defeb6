import type { Phase } from "../kernel/phase.ts";
import type { SupervisorEvents } from "../supervisor/supervisor-event.ts";
import { EventStream, type EventStreamOptions } from "./event-stream.ts";
import type { IsolatedEmitter } from "./isolated-emitter.ts";

/** `component.<phase>` tells again what `component.phase` has told. */
type StreamedEvent = Exclude<keyof SupervisorEvents, `component.${Phase}`>;

/** What a controller tells, as plain data; `type` is the name under which `on` tells it. */
export type ControllerEvent = {
  [K in StreamedEvent]: {
    readonly type: K;
    /** 1 for the first event of the controller, then 2, ... whoever reads it. */
    readonly sequence: number;
    /** On the controller's clock, in ms: to be compared with other readings of it, as `at` of a snapshot, and with nothing else. */
    readonly at: number;
  } & SupervisorEvents[K][0];
}[StreamedEvent];

const streamed: Readonly<Record<StreamedEvent, true>> = {
  "component.phase": true,
  "lease.granted": true,
  "lease.draining": true,
  "lease.ended": true,
  "lease.drained": true,
  "lease.observed": true,
  stopped: true,
};

/** Numbers the events of a controller, and gives them to every stream that is open. Without a stream an event costs an addition. */
export class ControllerEvents {
  readonly #streams = new Set<EventStream<ControllerEvent>>();
  #sequence = 0;
  #stopped = false;

  /** @param now on the controller's clock */
  constructor(events: IsolatedEmitter<SupervisorEvents>, now: () => number) {
    for (const type of Object.keys(streamed) as StreamedEvent[]) {
      events.on(type, (payload) => this.#tell(type, payload, now));
    }
  }

  /** Of what happens from now on. After the controller has stopped it ends at once. */
  open(options: EventStreamOptions): EventStream<ControllerEvent> {
    const stream = new EventStream<ControllerEvent>(options, (ended) => this.#streams.delete(ended));
    if (this.#stopped) stream.finish();
    else if (!stream.ended) this.#streams.add(stream);
    return stream;
  }

  #tell(type: StreamedEvent, payload: SupervisorEvents[StreamedEvent][0], now: () => number): void {
    this.#sequence++;
    if (this.#streams.size > 0) {
      // The type of the event is that of its payload: both came from `on`.
      const event = { ...payload, type, sequence: this.#sequence, at: now() } as ControllerEvent;
      for (const stream of this.#streams) stream.push(event);
    }
    if (type !== "stopped") return;
    this.#stopped = true;
    for (const stream of this.#streams) stream.finish();
  }
}
