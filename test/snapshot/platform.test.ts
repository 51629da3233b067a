import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { PurgeBus, WriteBehindFlusher } from '../../lib';
import { STATEFUL } from '../replacements/stateful';
import { handlerIn, shop } from '../support/caching-platform';
import { withoutAssetHashes } from './synthesized';

const { Resources: resources, ...rest } = Template.fromStack(shop().stack).toJSON();

test('a platform in a stack of its own is as it was', () => {
  expect(withoutAssetHashes({ ...rest, Resources: resources })).toMatchSnapshot();
});

/** Another logical id is another resource: see the list of the stages. */
test('what is stateful keeps its logical ids', () => {
  const ids = Object.entries<{ Type: string }>(resources)
    .filter(([, { Type }]) => STATEFUL.includes(Type))
    .map(([id]) => id.replace(/[0-9A-F]{8}$/, ''));
  expect(ids.sort()).toEqual([
    'CachingDatabaseKeeperSecret',
    'CachingDatabaseOwnerSecret',
    'CachingDatabasePrimary',
    'CachingDatabaseReaderSecret',
    'CachingDatabaseReplica1',
    'CachingDatabaseWriterSecret',
    'CachingEdgeDistribution',
    'CachingEdgeLogs',
    'CachingGatewayApi',
    'CachingKey',
    'CachingPurgesBus',
    'CachingSharedReplicationGroup',
    'CachingSharedSecret',
  ]);
});

test('a flusher of queued writes is as it was', () => {
  const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'shop');
  const worker = handlerIn(stack, 'Worker', undefined, { timeout: Duration.seconds(70) });
  new WriteBehindFlusher(stack, 'Flusher', { worker, bus: new PurgeBus(stack, 'Bus') });
  const { Resources: own } = Template.fromStack(stack).toJSON();
  expect(Object.fromEntries(Object.entries(own).filter(([id]) => id.startsWith('Flusher')))).toMatchSnapshot();
});

test('it fits in one stack', () => {
  expect(Object.keys(resources).length).toBeLessThanOrEqual(400);
  expect(JSON.stringify(resources).length).toBeLessThanOrEqual(800_000);
});
