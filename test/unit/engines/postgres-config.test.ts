import { configuration, hostRules, settings, standbyConfiguration } from '../../../local/engines/postgres/config';

const files = { certificateFile: '/c.pem', keyFile: '/k.pem' };

describe('settings', () => {
  test("are the template's over the defaults, and the platform's over both", () => {
    const values = settings({ work_mem: '8192', port: '5432', shared_buffers: '99', max_wal_senders: '30' }, 6000, files);
    expect(values).toMatchObject({ work_mem: '8192', port: '6000', shared_buffers: '32MB', max_wal_senders: '30', ssl: 'on' });
  });

  test.each([
    [{}, 'pg_stat_statements'],
    [{ shared_preload_libraries: 'rdsutils, pg_stat_statements,auto_explain' }, 'pg_stat_statements,auto_explain'],
    [{ shared_preload_libraries: '' }, ''],
  ])('preload the libraries of %j', (parameters, expected) => {
    expect(settings(parameters, 1, files).shared_preload_libraries).toBe(expected);
  });

  test('decode changes where RDS would', () => {
    expect(settings({}, 1, files).wal_level).toBe('replica');
    expect(settings({ 'rds.logical_replication': '1' }, 1, files).wal_level).toBe('logical');
  });

  test('give a standby no fewer connections than its data folder asks for', () => {
    const connections = (parameters: Record<string, string>, standby: boolean) =>
      settings(parameters, 1, files, standby).max_connections;
    expect(connections({ max_connections: '50' }, false)).toBe('50');
    expect(connections({ max_connections: '50' }, true)).toBe('100');
    expect(connections({ max_connections: '150' }, true)).toBe('150');
    expect(connections({}, true)).toBe('100');
  });

  test('leave the number of connections to the server where it is an expression', () => {
    expect(settings({ max_connections: 'LEAST({DBInstanceClassMemory/9531392},5000)' }, 1, files)).not.toHaveProperty(
      'max_connections',
    );
  });

  test('fail when another parameter is an expression', () => {
    expect(() => settings({ work_mem: '{DBInstanceClassMemory/4}' }, 1, files)).toThrow(
      "parameter 'work_mem' of a parameter group must be a value, got an expression over the instance class: '{DBInstanceClassMemory/4}'",
    );
  });

  test('fail when a parameter of RDS is not known here', () => {
    expect(() => settings({ 'rds.something_new': '1' }, 1, files)).toThrow(
      "parameter 'rds.something_new' of a parameter group is not known here",
    );
  });
});

describe('files', () => {
  test('quote values', () => {
    expect(configuration({ a: "it's", b: 'c\\d' })).toBe("a = 'it''s'\nb = 'c\\\\d'\n");
  });

  test.each([
    [{}, 'hostssl all all'],
    [{ 'rds.force_ssl': '1' }, 'hostssl all all'],
    [{ 'rds.force_ssl': '0' }, 'host all all'],
  ])('let clients in by %j', (parameters, rule) => {
    expect(hostRules(parameters)).toBe(
      `hostssl all,replication rdsadmin 127.0.0.1/32 scram-sha-256\n${rule} 127.0.0.1/32 scram-sha-256\n`,
    );
  });

  test('tell a standby where its primary is', () => {
    const text = standbyConfiguration({ primaryPort: 6000, password: "p'w", slot: 'one', caFile: '/ca.pem' });
    // Quoted for the connection string first, then for the file.
    expect(text).toBe(
      "primary_conninfo = 'host=''127.0.0.1'' port=''6000'' user=''rdsadmin'' password=''p\\\\''w'' application_name=''one''" +
        " sslmode=''verify-full'' sslrootcert=''/ca.pem'''\nprimary_slot_name = 'one'\n",
    );
  });
});
