import type { StackArtifact } from './assembly';
import type { Problem } from './problem';
import type { Resource } from './resources';

/** How many of something an account, a region or a resource may have, and how many a set of stacks needs. */
interface Quota {
  readonly id: string;
  readonly most: number;
  /** Page that has the number, read in November 2026. */
  readonly source: string;
  /** What is counted, and where. */
  readonly of: string;
  /** @returns the number by whatever it is counted for. */
  count(resources: readonly Resource[]): ReadonlyMap<string, number>;
}

const CLOUDFRONT = 'https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html';
const API_GATEWAY =
  'https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html';

const tally = (
  resources: readonly Resource[],
  type: string,
  by: (resource: Resource) => string | undefined,
): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const resource of resources) {
    const key = resource.type === type ? by(resource) : undefined;
    if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
};

const inAccount = ({ account }: Resource): string => account;
const inRegion = ({ account, region }: Resource): string => `${account}/${region}`;

export const QUOTAS: readonly Quota[] = [
  {
    id: 'cache-policies',
    most: 20,
    source: CLOUDFRONT,
    of: 'cache policies of an account',
    count: (all) => tally(all, 'AWS::CloudFront::CachePolicy', inAccount),
  },
  {
    id: 'origin-request-policies',
    most: 20,
    source: CLOUDFRONT,
    of: 'origin request policies of an account',
    count: (all) => tally(all, 'AWS::CloudFront::OriginRequestPolicy', inAccount),
  },
  {
    id: 'response-headers-policies',
    most: 20,
    source: CLOUDFRONT,
    of: 'response headers policies of an account',
    count: (all) => tally(all, 'AWS::CloudFront::ResponseHeadersPolicy', inAccount),
  },
  {
    id: 'edge-functions',
    most: 100,
    source: 'https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html#limits-functions',
    of: 'CloudFront functions of an account',
    count: (all) => tally(all, 'AWS::CloudFront::Function', inAccount),
  },
  {
    id: 'behaviors',
    most: 75,
    source: CLOUDFRONT,
    of: 'cache behaviours of a distribution',
    count: (all) =>
      new Map(
        all
          .filter(({ type }) => type === 'AWS::CloudFront::Distribution')
          .map(({ address, properties }) => [address, (properties.DistributionConfig.CacheBehaviors ?? []).length]),
      ),
  },
  {
    id: 'api-resources',
    most: 300,
    source: API_GATEWAY,
    of: 'resources of an API',
    count: (all) => tally(all, 'AWS::ApiGateway::Resource', ({ properties }) => String(properties.RestApiId)),
  },
  {
    id: 'log-resource-policies',
    most: 10,
    source: 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html',
    of: 'resource policies of CloudWatch Logs in a region',
    count: (all) => tally(all, 'AWS::Logs::ResourcePolicy', inRegion),
  },
  {
    id: 'bus-rules',
    most: 300,
    source: 'https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html',
    of: 'rules of a bus',
    count: (all) =>
      tally(
        all,
        'AWS::Events::Rule',
        ({ properties, account, region }) => `${account}/${region}/${properties.EventBusName ?? 'default'}`,
      ),
  },
  {
    id: 'user-groups',
    most: 100,
    source: 'https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/quota-limits.html',
    of: 'user groups of a region',
    count: (all) => tally(all, 'AWS::ElastiCache::UserGroup', inRegion),
  },
  {
    id: 'vpcs',
    most: 5,
    source: 'https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html',
    of: 'VPCs of a region',
    count: (all) => tally(all, 'AWS::EC2::VPC', inRegion),
  },
  {
    id: 'interface-endpoints',
    most: 50,
    source: 'https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-limits-endpoints.html',
    of: 'interface endpoints of a VPC',
    count: (all) =>
      tally(all, 'AWS::EC2::VPCEndpoint', ({ properties }) =>
        properties.VpcEndpointType === 'Interface' ? String(properties.VpcId) : undefined,
      ),
  },
  {
    id: 'rule-targets',
    most: 5,
    source: 'https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html',
    of: 'targets of a rule',
    count: (all) =>
      new Map(
        all
          .filter(({ type }) => type === 'AWS::Events::Rule')
          .map(({ address, properties }) => [address, (properties.Targets ?? []).length]),
      ),
  },
  {
    id: 'stage-patch-operations',
    most: 80,
    source: 'https://docs.aws.amazon.com/apigateway/latest/api/API_UpdateStage.html',
    of: "patch operations of one update of a stage's cached methods",
    // Two settings for each cached method, and two for all others. A function that divides them says how many it sends at once.
    count: (all) =>
      new Map(
        all
          .filter(({ type }) => type === 'Custom::RefreshAuthorization')
          .map(({ address, properties }) => {
            const settings = JSON.parse(properties.Settings ?? '[]') as { readonly cachingEnabled?: boolean }[];
            const patches = 2 + 2 * settings.filter(({ cachingEnabled }) => cachingEnabled).length;
            return [address, Math.min(patches, Number(properties.PatchesPerCall ?? patches))];
          }),
      ),
  },
];

/**
 * What CloudFormation takes of one template.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
 */
const TEMPLATE = { resources: 500, outputs: 200, bytes: 1_048_576 };

/** Quotas that stacks exceed in an account that has nothing else. */
export function quotaProblems(stacks: readonly StackArtifact[], resources: readonly Resource[]): Problem[] {
  const beyond = QUOTAS.flatMap(({ id, most, of, source, count }) =>
    [...count(resources)]
      .filter(([, number]) => number > most)
      .map(([where, number]) => ({
        rule: `quota-${id}`,
        address: where,
        text: `${number} ${of} are needed, of which there may be ${most} by default (${source})`,
      })),
  );
  const templates = stacks.flatMap(({ name, template }) => {
    const got = {
      resources: Object.keys(template.Resources).length,
      outputs: Object.keys(template.Outputs ?? {}).length,
      bytes: Buffer.byteLength(JSON.stringify(template)),
    };
    return Object.entries(TEMPLATE)
      .filter(([key, most]) => got[key as keyof typeof got] > most)
      .map(([key, most]) => ({
        rule: 'quota-template',
        address: name,
        text: `${got[key as keyof typeof got]} ${key} are in its template, of which there may be ${most}`,
      }));
  });
  return [...beyond, ...templates];
}
