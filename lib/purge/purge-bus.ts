import { CrossStackReferences, ReferenceStrength } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { PlatformFunction } from '../functions/platform-function';
import type { IPlatformNetwork } from '../network/platform-network';

/** `source` of every event of the platform. */
export const EVENT_SOURCE = 'cachement';

/** The bus that every step of a purge is announced on. It is alone in its stack, so that publishers and workers don't need each other. */
export class PurgeBus extends Construct {
  readonly eventBus: events.EventBus;
  readonly grants: PurgeBusGrants;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.eventBus = new events.EventBus(this, 'Bus', { description: 'Purges and their steps' });
    this.grants = new PurgeBusGrants(this);
    CrossStackReferences.of(this.eventBus).produce(ReferenceStrength.STRONG);
    // Names the account and no role, so that it closes the bus to others and opens it to nobody: a publisher's role must allow it too.
    this.eventBus.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'OwnAccountOnly',
        principals: [new iam.AccountRootPrincipal()],
        actions: ['events:PutEvents'],
        resources: [this.eventBus.eventBusArn],
      }),
    );
  }

  /** Lets a function publish. In an isolated network it needs the way to EventBridge too. */
  addPublisher(publisher: PlatformFunction, network?: IPlatformNetwork): void {
    publisher.addEnvironment('BUS_NAME', this.eventBus.eventBusName);
    this.eventBus.grantPutEventsTo(publisher);
    network?.allowEvents(publisher);
  }
}

/** What others may be allowed to do with the bus. */
export class PurgeBusGrants {
  constructor(private readonly bus: PurgeBus) {}

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
