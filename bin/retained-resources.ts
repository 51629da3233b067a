/** A resource that outlives its stack. */
export interface RetainedResource {
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  /** `Snapshot` leaves a copy of what was in it. */
  readonly policy: 'Retain' | 'Snapshot';
}

interface TemplateResource {
  readonly Type: string;
  readonly DeletionPolicy?: string;
  // biome-ignore lint/suspicious/noExplicitAny: CloudFormation properties have no static shape here
  readonly Properties?: Record<string, any>;
}

/**
 * What is left of which CloudFormation takes a snapshot where a template says nothing.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html
 */
const SNAPSHOT_BY_DEFAULT = ['AWS::RDS::DBCluster', 'AWS::RDS::DBInstance'];

/** What stays of a stack when it is destroyed. */
export function retainedResources(stack: string, resources: Readonly<Record<string, TemplateResource>>): RetainedResource[] {
  return Object.entries(resources).flatMap(([logicalId, { Type: type, DeletionPolicy, Properties = {} }]) => {
    // An instance of a cluster, and a replica, have no data of their own.
    const hasOwnData = Properties.DBClusterIdentifier === undefined && Properties.SourceDBInstanceIdentifier === undefined;
    const policy = DeletionPolicy ?? (SNAPSHOT_BY_DEFAULT.includes(type) && hasOwnData ? 'Snapshot' : 'Delete');
    return policy === 'Delete' ? [] : [{ stack, logicalId, type, policy: policy === 'Snapshot' ? 'Snapshot' : 'Retain' }];
  });
}
