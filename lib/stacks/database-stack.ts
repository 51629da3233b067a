import type { Construct } from 'constructs';
import { ReplicatedDatabase } from '../database/replicated-database';
import { SchemaMigration } from '../database/schema-migration';
import type { IPlatformNetwork } from '../network/platform-network';
import { PlatformStack, type PlatformStackProps } from './platform-stack';
import type { Workload } from './workload';

export interface DatabaseStackProps extends PlatformStackProps {
  readonly network: IPlatformNetwork;
  readonly workload: Workload;
}

export class DatabaseStack extends PlatformStack {
  readonly database: ReplicatedDatabase;

  constructor(scope: Construct, props: DatabaseStackProps) {
    super(scope, 'database', 'system of record', props);
    const { network } = props;
    const { config, removalPolicy: logRemovalPolicy } = this;
    this.database = new ReplicatedDatabase(this, 'Database', {
      network,
      ...this.config.database,
      deletionProtection: this.config.protected ?? false,
      removalPolicy: this.removalPolicy,
    });
    const schema = new SchemaMigration(this, 'Migration', { network, database: this.database, logRemovalPolicy });
    props.workload.addData(this, { config, network, database: this.database, schema, logRemovalPolicy });
  }
}
