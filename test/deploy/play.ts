import type { StackArtifact } from './assembly';
import { claimedName } from './names';
import { distinct, type Problem } from './problem';
import { type Resource, resourcesOf } from './resources';

/** Resources of an account, whoever left them there. */
class Account {
  readonly #existing = new Map<string, Resource>();
  readonly #names = new Map<string, string>();
  /** Those that a resource is needed by, there or gone, by its address. */
  readonly #users = new Map<string, Resource[]>();

  has(address: string): boolean {
    return this.#existing.has(address);
  }

  get(address: string): Resource | undefined {
    return this.#existing.get(address);
  }

  get all(): Resource[] {
    return [...this.#existing.values()];
  }

  /** @returns the address of whoever has the name already. */
  create(resource: Resource): string | undefined {
    const name = claimedName(resource);
    const owner = name === undefined ? undefined : this.#names.get(name);
    if (owner !== undefined && !SETTINGS.includes(resource.type)) return owner;
    this.#add(resource);
    if (name !== undefined) this.#names.set(name, resource.address);
    return undefined;
  }

  /** A resource of one of the types that can't be without this one. */
  holderOf(address: string, types: readonly string[]): Resource | undefined {
    return this.#users.get(address)?.find((user) => types.includes(user.type) && this.#existing.get(user.address) === user);
  }

  #add(resource: Resource): void {
    this.#existing.set(resource.address, resource);
    for (const need of resource.needs) {
      const users = this.#users.get(need);
      if (users) users.push(resource);
      else this.#users.set(need, [resource]);
    }
  }

  delete(resource: Resource): void {
    this.#existing.delete(resource.address);
    const name = claimedName(resource);
    if (name !== undefined && this.#names.get(name) === resource.address) this.#names.delete(name);
  }

  /** Resources that a stack no longer knows, under an address that its next try doesn't use. */
  orphan(resource: Resource): void {
    this.delete(resource);
    const left = { ...resource, address: `${resource.address}(left)` };
    this.#add(left);
    const name = claimedName(resource);
    if (name !== undefined) this.#names.set(name, left.address);
  }

  copy(): Account {
    const copy = new Account();
    for (const resource of this.#existing.values()) copy.#add(resource);
    for (const [name, owner] of this.#names) copy.#names.set(name, owner);
    return copy;
  }
}

/** Types that set what an account has one of: creating a second one takes the first one's place. */
const SETTINGS = ['AWS::ApiGateway::Account'];

/** Types that can't be deleted while a resource of one of these uses them. */
const HELD_BY: Readonly<Record<string, readonly string[]>> = {
  'AWS::EC2::Subnet': [
    'AWS::RDS::DBSubnetGroup',
    'AWS::ElastiCache::SubnetGroup',
    'AWS::Lambda::Function',
    'AWS::EC2::VPCEndpoint',
  ],
  'AWS::EC2::SecurityGroup': [
    'AWS::RDS::DBInstance',
    'AWS::RDS::DBCluster',
    'AWS::ElastiCache::ReplicationGroup',
    'AWS::ElastiCache::ServerlessCache',
    'AWS::Lambda::Function',
    'AWS::EC2::VPCEndpoint',
  ],
  'AWS::RDS::DBSubnetGroup': ['AWS::RDS::DBInstance', 'AWS::RDS::DBCluster'],
  'AWS::RDS::DBParameterGroup': ['AWS::RDS::DBInstance'],
  'AWS::RDS::DBClusterParameterGroup': ['AWS::RDS::DBCluster'],
  'AWS::ElastiCache::SubnetGroup': ['AWS::ElastiCache::ReplicationGroup'],
  'AWS::ElastiCache::ParameterGroup': ['AWS::ElastiCache::ReplicationGroup'],
  'AWS::ElastiCache::UserGroup': ['AWS::ElastiCache::ReplicationGroup', 'AWS::ElastiCache::ServerlessCache'],
  'AWS::ElastiCache::User': ['AWS::ElastiCache::UserGroup'],
  'AWS::EC2::VPC': ['AWS::EC2::Subnet', 'AWS::EC2::SecurityGroup'],
  'AWS::WAFv2::WebACL': ['AWS::CloudFront::Distribution', 'AWS::WAFv2::WebACLAssociation'],
  'AWS::CloudFront::CachePolicy': ['AWS::CloudFront::Distribution'],
  'AWS::CloudFront::OriginRequestPolicy': ['AWS::CloudFront::Distribution'],
  'AWS::CloudFront::ResponseHeadersPolicy': ['AWS::CloudFront::Distribution'],
  'AWS::CloudFront::Function': ['AWS::CloudFront::Distribution'],
  'AWS::CertificateManager::Certificate': ['AWS::CloudFront::Distribution'],
};

/** When a stack lets go of a resource: as it fails to be created, or on purpose. */
type Occasion = 'failed create' | 'delete';

const isKept = ({ deletionPolicy }: Resource, occasion: Occasion): boolean =>
  deletionPolicy === 'Retain' || (deletionPolicy === 'RetainExceptOnCreate' && occasion === 'delete');

/**
 * Takes resources out of a stack, last made first, as CloudFormation does.
 *
 * @returns what keeps the stack from being deleted.
 */
function remove(resources: readonly Resource[], account: Account, occasion: Occasion): Problem[] {
  const problems: Problem[] = [];
  const blocked = (resource: Resource, text: string): void => {
    problems.push({ rule: occasion === 'delete' ? 'delete-blocked' : 'rollback-blocked', address: resource.address, text });
  };
  for (const resource of [...resources].reverse()) {
    if (!account.has(resource.address)) continue;
    if (isKept(resource, occasion)) {
      account.orphan(resource);
      continue;
    }
    const { properties, type } = resource;
    if (properties.DeletionProtection === true || properties.DeletionProtectionEnabled === true) {
      blocked(
        resource,
        `${occasion}: it is protected from deletion, so that the stack stays ${occasion === 'delete' ? 'DELETE_FAILED' : 'ROLLBACK_FAILED'}`,
      );
      continue;
    }
    const holder = account.holderOf(resource.address, HELD_BY[type] ?? []);
    if (holder) {
      blocked(
        resource,
        `${occasion}: ${type} is in use by ${holder.address} (${holder.type}), which stays; keep both, or neither`,
      );
      continue;
    }
    account.delete(resource);
  }
  return problems;
}

/** Creates a stack's resources. @returns why the service would refuse one. */
function create(resources: readonly Resource[], account: Account, occasion: string): Problem[] {
  return resources.flatMap((resource) => {
    const owner = account.create(resource);
    if (owner === undefined) return [];
    const name = claimedName(resource)?.split(' ').slice(2).join(' ');
    return [
      {
        rule: owner.endsWith('(left)') ? 'name-left-behind' : 'name-taken',
        address: resource.address,
        text: `${occasion}: the name '${name}' is that of ${owner} already; let the service generate it, or make it differ`,
      },
    ];
  });
}

function byStack(stacks: readonly StackArtifact[]): Array<readonly [StackArtifact, Resource[]]> {
  const all = resourcesOf(stacks);
  return stacks.map((stack) => [stack, all.filter(({ stack: name }) => name === stack.name)] as const);
}

/** Everything that needs a resource, itself too. */
function dependents(resource: Resource, resources: readonly Resource[]): Set<string> {
  const found = new Set([resource.address]);
  // They are in order, so that one look is enough.
  for (const other of resources) if ([...other.needs].some((need) => found.has(need))) found.add(other.address);
  return found;
}

/** Deploys the stacks of some apps into one account, one app after the other. */
export function playDeploy(...apps: readonly (readonly StackArtifact[])[]): Problem[] {
  const account = new Account();
  return distinct(apps.flatMap((stacks) => byStack(stacks).flatMap(([, resources]) => create(resources, account, 'deploy'))));
}

/** Deploys stacks of one name into two regions of an account. A stack that says where it goes is left out. */
export function playTwoRegions(stacks: readonly StackArtifact[]): Problem[] {
  const account = new Account();
  const regional = stacks.filter(({ isPlaced }) => !isPlaced);
  return ['eu-central-1', 'eu-west-1'].flatMap((region) => {
    const there = resourcesOf([
      ...stacks.filter((stack) => !regional.includes(stack)),
      ...regional.map((stack) => ({ ...stack, region })),
    ]);
    const made = there
      .filter((resource) => resource.region === region)
      .map((resource) => ({ ...resource, address: `${resource.address}@${region}` }));
    return create(made, account, `deploy to ${region}`);
  });
}

/**
 * Deploys, and lets the creation of each resource fail in turn, once everything that doesn't need it was created. Then the stack
 * is rolled back, and deployed once more: the CLI deletes a stack whose creation failed, and creates it anew.
 */
export function playFailures(stacks: readonly StackArtifact[]): Problem[] {
  const problems: Problem[] = [];
  const before = new Account();
  for (const [stack, resources] of byStack(stacks)) {
    if (stack.terminationProtection) {
      problems.push({
        rule: 'termination-protection-first',
        address: stack.name,
        text: "the CLI protects a stack before it executes the first change set, and can't delete it after a failed create: protect it once it is there",
      });
    }
    for (const failing of resources) {
      const account = before.copy();
      const later = dependents(failing, resources);
      const made = resources.filter(({ address }) => !later.has(address));
      create(made, account, 'deploy');
      const occasion = `a create that failed at ${failing.logicalId}`;
      const left = remove(made, account, 'failed create');
      problems.push(...left);
      if (left.length === 0) problems.push(...create(resources, account, `the second try after ${occasion}`));
      problems.push(...costlyLeft(account, before));
    }
    create(resources, before, 'deploy');
  }
  // One example of each is enough: a resource that stays does so whichever other one fails.
  return [...new Map(problems.map((problem) => [`${problem.rule} ${problem.address}`, problem])).values()];
}

/** Types that cost money, or keep data, whether a stack knows them or not. */
const COSTLY = [
  'AWS::RDS::DBInstance',
  'AWS::RDS::DBCluster',
  'AWS::ElastiCache::ReplicationGroup',
  'AWS::ElastiCache::ServerlessCache',
  'AWS::KMS::Key',
  'AWS::SecretsManager::Secret',
];

function costlyLeft(account: Account, before: Account): Problem[] {
  return account.all
    .filter(({ address, type }) => address.endsWith('(left)') && !before.has(address) && COSTLY.includes(type))
    .map(({ address, type, deletionPolicy }) => ({
      rule: 'left-after-failed-create',
      address: address.replace('(left)', ''),
      text: `${type} stays, and is paid for, after each failed create (DeletionPolicy ${deletionPolicy}); make it RetainExceptOnCreate`,
    }));
}

/** Deploys and destroys everything, last stack first. */
export function playDestroy(stacks: readonly StackArtifact[]): Problem[] {
  const account = new Account();
  const deployed = byStack(stacks);
  for (const [, resources] of deployed) create(resources, account, 'deploy');
  return distinct([...deployed].reverse().flatMap(([, resources]) => remove(resources, account, 'delete')));
}

/**
 * Deploys two apps into one account, one after the other, and takes the one that came last away, on purpose or because its create
 * failed in the end: the other must have all that it needs.
 */
export function playNeighbours(staying: readonly StackArtifact[], gone: readonly StackArtifact[]): Problem[] {
  const before = new Account();
  const [ours = [], theirs = []] = [staying, gone].map((stacks) => byStack(stacks).flatMap(([, resources]) => resources));
  for (const resources of [ours, theirs]) create(resources, before, 'deploy');
  const roles = theirs.filter(({ type }) => type === 'AWS::IAM::Role').map(({ address }) => address);
  return (['delete', 'failed create'] as const).flatMap((occasion) => {
    const account = before.copy();
    remove(theirs, account, occasion);
    return ours
      .filter(({ type }) => SETTINGS.includes(type))
      .flatMap(({ type, address }) => {
        const last = theirs.filter((resource) => resource.type === type).at(-1);
        const lost = roles.find((role) => last?.needs.has(role) && !account.has(role) && !account.has(`${role}(left)`));
        const text = `${occasion}: ${last?.address} took its place, and is gone with the role ${lost}, so that the account has none; keep the role where it is made`;
        return lost ? [{ rule: 'account-setting-lost', address, text }] : [];
      });
  });
}
