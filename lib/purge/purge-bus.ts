import { CrossStackReferences, ReferenceStrength } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct, type IConstruct } from 'constructs';
import type { IPlatformNetwork } from '../network/platform-network';

/** `source` of every event of the platform. */
export const EVENT_SOURCE = 'cachement';

/** The bus that every step of a purge is announced on, made here or elsewhere. */
export interface IPurgeBus extends IConstruct {
  /** The bus itself. */
  readonly eventBus: events.IEventBus;

  /** What others may be allowed to do with it. */
  readonly grants: PurgeBusGrants;

  /** Lets a function publish. In an isolated network it needs the way to EventBridge too. */
  addPublisher(publisher: lambda.Function, network?: IPlatformNetwork): void;
}

/** What every kind of bus has in common. */
export abstract class PurgeBusBase extends Construct implements IPurgeBus {
  abstract readonly eventBus: events.IEventBus;
  readonly grants: PurgeBusGrants = new PurgeBusGrants(this);

  addPublisher(publisher: lambda.Function, network?: IPlatformNetwork): void {
    publisher.addEnvironment('BUS_NAME', this.eventBus.eventBusName);
    this.eventBus.grantPutEventsTo(publisher);
    network?.allowEvents(publisher);
  }
}

/** The bus of purges. It is alone in its stack, so that publishers and workers don't need each other. */
export class PurgeBus extends PurgeBusBase {
  /** Uses a bus that was made elsewhere. Its policy must let the account's own roles publish. */
  static fromEventBus(scope: Construct, id: string, eventBus: events.IEventBus): IPurgeBus {
    return new ImportedBus(scope, id, eventBus);
  }

  readonly eventBus: events.IEventBus;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const eventBus = new events.EventBus(this, 'Bus', { description: 'Purges and their steps' });
    this.eventBus = eventBus;
    CrossStackReferences.of(eventBus).produce(ReferenceStrength.STRONG);
    // Names the account and no role, so that it closes the bus to others and opens it to nobody: a publisher's role must allow it too.
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

/** What others may be allowed to do with the bus. */
export class PurgeBusGrants {
  constructor(private readonly bus: IPurgeBus) {}

  /** Lets a grantee ask for purges and replays, as the command line does, and say nothing else. The bus refuses whoever has no grant. */
  purge(grantee: iam.IGrantable): iam.Grant {
    return iam.Grant.addToPrincipal({
      grantee,
      actions: ['events:PutEvents'],
      resourceArns: [this.bus.eventBus.eventBusArn],
      conditions: {
        StringEquals: { 'events:source': EVENT_SOURCE },
        'ForAllValues:StringEquals': { 'events:detail-type': ['PurgeSubmitted', 'ReplayRequested'] },
      },
    });
  }
}
