import { Template } from 'aws-cdk-lib/assertions';
import { STATEFUL } from '../replacements/stateful';
import { shop } from '../support/caching-platform';
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

test('it fits in one stack', () => {
  expect(Object.keys(resources).length).toBeLessThanOrEqual(400);
  expect(JSON.stringify(resources).length).toBeLessThanOrEqual(800_000);
});
