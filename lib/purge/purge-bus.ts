import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct, type IConstruct } from 'constructs';
import { EVENT_SOURCE, SUBMITTED_EVENTS, WRITER_PUBLISHES } from '../contract/events';
import * as variables from '../contract/variables';
import type { IPlatformNetwork } from '../network/platform-network';
import { referStrongly } from '../references';

export { EVENT_SOURCE };

/** Bus on which every step of a purge is announced. */
export interface IPurgeBus extends IConstruct {
  /** The bus itself. */
  readonly eventBus: events.IEventBus;

  /** Permissions on the bus. */
  readonly grants: PurgeBusGrants;

  /**
   * Lets a function publish events of the platform. In an isolated network it needs access to EventBridge too.
   *
   * @param detailTypes - those that it may publish, and no others. @default - what a writer says: `OutboxKicked`
   */
  addPublisher(publisher: lambda.Function, network?: IPlatformNetwork, detailTypes?: string[]): void;
}

/** Common part of all buses. */
export abstract class PurgeBusBase extends Construct implements IPurgeBus {
  abstract readonly eventBus: events.IEventBus;
  readonly grants: PurgeBusGrants = new PurgeBusGrants(this);

  addPublisher(publisher: lambda.Function, network?: IPlatformNetwork, detailTypes: string[] = [...WRITER_PUBLISHES]): void {
    publisher.addEnvironment(variables.BUS_NAME, this.eventBus.eventBusName);
    this.grants.publish(publisher, detailTypes);
    network?.allowEvents(publisher);
  }
}

/** The bus of purges. In a stack of its own it spares publishers and workers from depending on each other. */
export class PurgeBus extends PurgeBusBase {
  /** Imports a bus. Its policy must let the account's own roles publish. */
  static fromEventBus(scope: Construct, id: string, eventBus: events.IEventBus): IPurgeBus {
    return new ImportedBus(scope, id, eventBus);
  }

  readonly eventBus: events.IEventBus;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const eventBus = new events.EventBus(this, 'Bus', { description: 'Purges and their steps' });
    this.eventBus = eventBus;
    referStrongly(eventBus);
    // Names the account and no role, which refuses other accounts and grants nothing by itself: a publisher's role must allow it
    // too.
    eventBus.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'OwnAccountOnly',
        principals: [new iam.AccountRootPrincipal()],
        actions: ['events:PutEvents'],
        resources: [eventBus.eventBusArn],
      }),
    );
  }
}

class ImportedBus extends PurgeBusBase {
  constructor(
    scope: Construct,
    id: string,
    readonly eventBus: events.IEventBus,
  ) {
    super(scope, id);
  }
}

/** Permissions on a bus. */
export class PurgeBusGrants {
  readonly #bus: IPurgeBus;

  constructor(bus: IPurgeBus) {
    this.#bus = bus;
  }

  /** Lets a grantee request purges and replays, as the command line does, and publish nothing else. */
  purge(grantee: iam.IGrantable): iam.Grant {
    return this.publish(grantee, [...SUBMITTED_EVENTS]);
  }

  /**
   * Lets a grantee publish the platform's events of these detail-types, and no others.
   *
   * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html
   */
  publish(grantee: iam.IGrantable, detailTypes: string[]): iam.Grant {
    return iam.Grant.addToPrincipal({
      grantee,
      actions: ['events:PutEvents'],
      resourceArns: [this.#bus.eventBus.eventBusArn],
      conditions: {
        StringEquals: { 'events:source': EVENT_SOURCE },
        'ForAllValues:StringEquals': { 'events:detail-type': detailTypes },
      },
    });
  }
}
