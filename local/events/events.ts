import { randomUUID } from 'node:crypto';
import type { Operations, Product, ProductContext } from '../types';
import { Buses, type DeliveryOptions } from './bus';
import { type BusEvent, eventTime } from './bus-event';
import { type AuthorizeResource, Delivery, type RuleStats } from './delivery';
import type { EventsOptions } from './from-template';
import { listOperations } from './list-operations';
import { putEventsOperation } from './put-events';
import { busArn } from './resource-types';
import type { Rule } from './rule';
import { testEventPatternOperation } from './test-event-pattern';

/** An event that a service of AWS puts on the default bus. */
export interface ServiceEvent {
  /** Such as `aws.elasticache`. */
  readonly source: string;
  readonly detailType: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly resources?: readonly string[];
}

/** The buses at run time. */
export interface Events extends Product {
  readonly operations: Operations;
  /** Puts an event of a service on the default bus. */
  emit(event: ServiceEvent): void;
  /** Runs a scheduled rule now, as its schedule does in its time. @throws {Error} where no enabled rule has that ARN. */
  fire(ruleArn: string): void;
  /** Sets how events are delivered that come from now on. @default options - as at the start */
  setDelivery(options?: DeliveryOptions): void;
  /** Counts of each rule's events, by name of the rule. */
  stats(): Readonly<Record<string, RuleStats>>;
}

export interface EventsDependencies {
  /** Decision of a target's policy on a rule. @default - every target lets every rule in */
  readonly authorizeResource?: AuthorizeResource;
}

/** Node's timers take at most 2^31 - 1 milliseconds; a schedule that is further off is looked at again after a day. */
const LONGEST_TIMER_MS = 86_400_000;

/** Makes the buses; `start` starts the schedules. */
export function createEvents(options: EventsOptions, context: ProductContext, dependencies: EventsDependencies = {}): Events {
  const { environment, clock, log } = context;
  const delivery = new Delivery(context, dependencies.authorizeResource ?? (() => ({ allowed: true })));
  const buses = new Buses(options.rules, options, delivery, context);
  const envelope = () => ({
    version: '0' as const,
    id: randomUUID(),
    account: environment.account,
    region: environment.region,
    now: clock.now(),
  });

  function scheduleNext(rule: Rule, after: number): void {
    const next = rule.schedule?.next(after);
    // A machine that slept doesn't make up for what it missed.
    if (next !== undefined) waitFor(rule, next > clock.now() ? next : rule.schedule?.next(clock.now()));
  }

  function waitFor(rule: Rule, time: number | undefined): void {
    if (time === undefined) return;
    const left = time - clock.now();
    if (left > LONGEST_TIMER_MS) {
      delivery.after(LONGEST_TIMER_MS, () => waitFor(rule, time));
      return;
    }
    delivery.after(Math.max(0, left), () => {
      buses.fire(rule, scheduledEvent(rule, time));
      scheduleNext(rule, time);
    });
  }

  function scheduledEvent(rule: Rule, time: number): BusEvent {
    const { now: _, ...rest } = envelope();
    return {
      ...rest,
      'detail-type': 'Scheduled Event',
      source: 'aws.events',
      time: eventTime(time),
      resources: [rule.arn],
      detail: {},
    };
  }

  return {
    async start() {
      for (const rule of options.rules) if (rule.enabled) scheduleNext(rule, clock.now());
    },
    async dispose() {
      delivery.dispose();
    },
    operations: {
      events: {
        PutEvents: putEventsOperation({
          busArn: (name) => busArn(name, environment),
          exists: (name) => name === 'default' || options.buses.includes(name),
          publish: (bus, event) => buses.publish(bus, event),
          envelope,
          log: (message) => log('events', message),
        }),
        TestEventPattern: testEventPatternOperation,
        ...listOperations(options, environment),
      },
    },
    emit({ source, detailType, detail, resources = [] }) {
      const { now, ...rest } = envelope();
      buses.publish('default', { ...rest, 'detail-type': detailType, source, time: eventTime(now), resources, detail });
    },
    fire(ruleArn) {
      const rule = options.rules.find(({ arn, enabled }) => arn === ruleArn && enabled);
      if (!rule) throw new Error(`there is no enabled rule '${ruleArn}'`);
      buses.fire(rule, scheduledEvent(rule, clock.now()));
    },
    setDelivery: (options) => buses.setDelivery(options),
    stats: () => buses.report(),
  };
}
