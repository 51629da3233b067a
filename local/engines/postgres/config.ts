import type { Certificates } from '../certificates';

/** The role of the platform itself, which is RDS's name for its own: a superuser, as whom standbys connect too. */
export const ADMINISTRATOR = 'rdsadmin';

/** Parameters `rds.*` that make no difference here, or are read apart. */
const RDS_ONLY = new Set([
  'rds.accepted_password_auth_method', // SCRAM in any case
  'rds.adaptive_autovacuum',
  'rds.enable_plan_management',
  'rds.force_admin_logging_level',
  'rds.force_autovacuum_logging_level',
  'rds.force_ssl', // read apart: a rule of pg_hba.conf
  'rds.log_retention_period',
  'rds.logical_replication', // read apart: `wal_level`
  'rds.restrict_password_commands',
]);

/**
 * Parameters that the platform sets itself: what a server of this machine is made of, and sizes that follow the instance class on
 * RDS.
 */
const OWN = new Set([
  'effective_cache_size',
  'huge_pages',
  'listen_addresses',
  'log_destination',
  'log_filename',
  'log_rotation_age',
  'log_rotation_size',
  'logging_collector',
  'maintenance_work_mem',
  'port',
  'shared_buffers',
  'ssl_cert_file',
  'ssl_key_file',
  'unix_socket_directories',
]);

/** `pg_control` of a new database carries this, and a standby with less than its primary had refuses to recover. */
const MIN_STANDBY_CONNECTIONS = 100;

/** Loads with every server on RDS that has no parameter group of its own. */
const DEFAULT_LIBRARIES = 'pg_stat_statements';

/** A part of RDS's value for `shared_preload_libraries` that exists there only. */
const RDS_LIBRARY = 'rdsutils';

export type Parameters = Readonly<Record<string, string>>;

/**
 * The server's settings: the template's over the defaults, the platform's own over both.
 * @throws where a parameter is an expression over the instance class, or one of RDS that is not known here.
 */
export function settings(
  parameters: Parameters,
  port: number,
  certificates: Pick<Certificates, 'certificateFile' | 'keyFile'>,
  standby = false,
) {
  const templates = Object.fromEntries(Object.entries(parameters).filter(([name, value]) => isSetting(name, value)));
  const result: Record<string, string> = {
    max_wal_senders: '20',
    shared_preload_libraries: DEFAULT_LIBRARIES,
    log_line_prefix: '%m [%p] %q%u@%d ',
    // A standby whose primary was away comes back soon.
    wal_retrieve_retry_interval: '200ms',
    ...templates,
    wal_level: parameters['rds.logical_replication'] === '1' ? 'logical' : 'replica',
    hot_standby: 'on',
    listen_addresses: '127.0.0.1',
    port: String(port),
    // Its path would have to be short, and entered by everybody.
    unix_socket_directories: '',
    shared_buffers: '32MB',
    password_encryption: 'scram-sha-256',
    ssl: 'on',
    ssl_cert_file: certificates.certificateFile,
    ssl_key_file: certificates.keyFile,
    // The data live as long as the platform; a killed process loses nothing, only a machine without power would.
    fsync: 'off',
  };
  result.shared_preload_libraries = libraries(result.shared_preload_libraries!);
  if (standby) result.max_connections = String(Math.max(Number(result.max_connections ?? 0), MIN_STANDBY_CONNECTIONS));
  return result;
}

function isSetting(name: string, value: string): boolean {
  if (OWN.has(name)) return false;
  if (name.startsWith('rds.')) {
    if (!RDS_ONLY.has(name)) throw new Error(`parameter '${name}' of a parameter group is not known here`);
    return false;
  }
  if (!value.includes('{')) return true;
  // Its default is such an expression, and PostgreSQL's own default is small enough for any machine.
  if (name === 'max_connections') return false;
  throw new Error(
    `parameter '${name}' of a parameter group must be a value, got an expression over the instance class: '${value}'`,
  );
}

function libraries(list: string): string {
  const names = list.split(',').map((name) => name.trim());
  return names.filter((name) => name && name !== RDS_LIBRARY).join(',');
}

/** `postgresql.conf`. */
export function configuration(values: Parameters): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} = ${quoted(value)}\n`)
    .join('');
}

/** `pg_hba.conf`: passwords always, TLS where RDS would insist on it, which it does by default since PostgreSQL 15. */
export function hostRules(parameters: Parameters): string {
  const type = parameters['rds.force_ssl'] === '0' ? 'host' : 'hostssl';
  return [`hostssl all,replication ${ADMINISTRATOR}`, `${type} all all`]
    .map((rule) => `${rule} 127.0.0.1/32 scram-sha-256\n`)
    .join('');
}

/** Lines of a standby's configuration. The slot keeps what it hasn't replayed while it is away. */
export function standbyConfiguration(options: { primaryPort: number; password: string; slot: string; caFile: string }): string {
  const connection = {
    host: '127.0.0.1',
    port: options.primaryPort,
    user: ADMINISTRATOR,
    password: options.password,
    application_name: options.slot,
    sslmode: 'verify-full',
    sslrootcert: options.caFile,
  };
  const info = Object.entries(connection)
    .map(([name, value]) => `${name}='${String(value).replace(/[\\']/g, '\\$&')}'`)
    .join(' ');
  return configuration({ primary_conninfo: info, primary_slot_name: options.slot });
}

function quoted(value: string): string {
  return `'${value.replace(/'/g, "''").replace(/\\/g, '\\\\')}'`;
}
