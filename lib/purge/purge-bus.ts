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

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.eventBus = new events.EventBus(this, 'Bus', { description: 'Purges and their steps' });
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
