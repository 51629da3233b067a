import * as fs from 'node:fs';
import * as path from 'node:path';
import { SecretStore, types } from '../../../local/aws';
import { generateSecret, type SecretRecipe } from '../../../local/aws/generate-secret';
import type { Model, Resource } from '../../../local/types';
import { plainModel, productContext } from '../../support/product-context';

describe('a generated secret', () => {
  /** Long enough in the tests below that a character which must not be there would show. */
  const draw = (recipe: SecretRecipe) => generateSecret(recipe, (n) => Math.floor(Math.random() * n));

  test('has 32 characters of every kind by default', () => {
    const secret = draw({});
    expect(secret).toHaveLength(32);
    for (const kind of [/[a-z]/, /[A-Z]/, /\d/, /[^\w\s]/]) expect(secret).toMatch(kind);
    expect(secret).not.toMatch(/\s/);
  });

  test('has the length, and no character that is excluded', () => {
    const secret = draw({ PasswordLength: 200, ExcludeCharacters: '"@/\\abc', ExcludePunctuation: false });
    expect(secret).toHaveLength(200);
    expect(secret).not.toMatch(/["@/\\abc]/);
  });

  test('has no kind that is excluded', () => {
    expect(draw({ PasswordLength: 100, ExcludePunctuation: true, ExcludeUppercase: true })).toMatch(/^[a-z0-9]{100}$/);
    expect(draw({ PasswordLength: 100, ExcludeNumbers: true, ExcludeLowercase: true, ExcludePunctuation: true })).toMatch(
      /^[A-Z]{100}$/,
    );
  });

  test('is put into its template', () => {
    const secret = draw({ SecretStringTemplate: '{"username":"u"}', GenerateStringKey: 'password', ExcludePunctuation: true });
    expect(JSON.parse(secret)).toEqual({ username: 'u', password: expect.stringMatching(/^\w{32}$/) });
  });

  test.each([
    [
      'nothing left to choose from',
      { ExcludeNumbers: true, ExcludeLowercase: true, ExcludeUppercase: true, ExcludePunctuation: true },
      /excludes every character/,
    ],
    ['a length below the number of kinds', { PasswordLength: 3 }, /'PasswordLength' must be at least 4, got: 3/],
    ['a template without a key', { SecretStringTemplate: '{}' }, /must be given together/],
  ])('fails on %s', (_, recipe, message) => {
    expect(() => draw(recipe)).toThrow(message);
  });
});

describe('a secret store', () => {
  const context = productContext();
  afterAll(() => context.cleanUp());
  const file = path.join(context.environment.stateDir, 'secrets.json');
  beforeEach(() => fs.rmSync(file, { force: true }));

  function model(secret: object = { GenerateSecretString: {} }, attachment?: object): Model {
    const plain = plainModel(
      {
        Secret: { type: 'AWS::SecretsManager::Secret', properties: { Name: 'app/secret', ...secret } },
        ...(attachment && { Attachment: { type: 'AWS::SecretsManager::SecretTargetAttachment', properties: attachment } }),
        Database: { type: 'AWS::RDS::DBInstance', properties: { Engine: 'postgres', DBName: 'data' } },
      },
      context.environment,
    );
    return {
      ...plain,
      attribute: (_: Resource, name: string) => ({ 'Endpoint.Address': 'localhost', 'Endpoint.Port': '5432' })[name]!,
    };
  }

  const arnOf = (of: Model) =>
    types['AWS::SecretsManager::Secret']!.ref(of.resources('AWS::SecretsManager::Secret')[0]!, of.environment);
  const get = (store: SecretStore, input: object) =>
    store.operations.secretsmanager!.GetSecretValue!.handle(input, {}) as Record<string, unknown>;

  test('keeps a value over starts, in a file that only its owner may read', () => {
    const first = new SecretStore(model()).value('app/secret');
    expect(new SecretStore(model()).value('app/secret')).toBe(first);
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
  });

  test('makes a new value where the template asks for another kind', () => {
    const first = new SecretStore(model()).value('app/secret');
    const second = new SecretStore(model({ GenerateSecretString: { PasswordLength: 40 } })).value('app/secret');
    expect(second).not.toBe(first);
    expect(second).toHaveLength(40);
  });

  test('takes a value that the template gives', () => {
    expect(new SecretStore(model({ SecretString: 'given' })).value('app/secret')).toBe('given');
    expect(fs.existsSync(file)).toBe(false);
  });

  test('adds where the attached database is', () => {
    const generate = { GenerateSecretString: { SecretStringTemplate: '{"username":"u"}', GenerateStringKey: 'password' } };
    const subject = model(generate, { SecretId: arnOf(model()), TargetId: 'Database', TargetType: 'AWS::RDS::DBInstance' });
    expect(JSON.parse(new SecretStore(subject).value('app/secret'))).toEqual({
      username: 'u',
      password: expect.any(String),
      engine: 'postgres',
      host: 'localhost',
      port: 5432,
      dbname: 'data',
      dbInstanceIdentifier: 'Database',
    });
  });

  test('is asked by name, ARN, and ARN without the last six characters', () => {
    const store = new SecretStore(model());
    const arn = arnOf(model());
    expect(arn).toMatch(/^arn:aws:secretsmanager:eu-west-1:000000000000:secret:app\/secret-\w{6}$/);
    const values = ['app/secret', arn, arn.slice(0, -7)].map((SecretId) => get(store, { SecretId }).SecretString);
    expect(new Set(values).size).toBe(1);
    expect(get(store, { SecretId: arn })).toMatchObject({ ARN: arn, Name: 'app/secret', VersionStages: ['AWSCURRENT'] });
  });

  test('asks for permission on the ARN, however the secret is named', () => {
    const { resources } = new SecretStore(model()).operations.secretsmanager!.GetSecretValue!;
    expect(resources({ SecretId: 'app/secret' })).toEqual([arnOf(model())]);
    expect(resources({ SecretId: 'other' })).toEqual(['arn:aws:secretsmanager:eu-west-1:000000000000:secret:other']);
  });

  test('says that there is no such secret, without a value in any message', () => {
    const store = new SecretStore(model());
    expect(() => get(store, { SecretId: 'other' })).toThrow(expect.objectContaining({ code: 'ResourceNotFoundException' }));
    expect(() => get(store, { SecretId: 'app/secret', VersionStage: 'AWSPREVIOUS' })).toThrow(/AWSPREVIOUS/);
    const attached = model(
      { SecretString: 'hunter2' },
      { SecretId: arnOf(model()), TargetId: 'Database', TargetType: 'AWS::RDS::DBInstance' },
    );
    const message = (act: () => unknown) => {
      try {
        act();
      } catch (error) {
        return `${(error as Error).message} ${(error as Error).cause ?? ''}`;
      }
      return undefined;
    };
    expect(message(() => new SecretStore(attached).value('app/secret'))).toMatch(/must be a JSON object/);
    expect(message(() => new SecretStore(attached).value('app/secret'))).not.toContain('hunter2');
    fs.writeFileSync(file, '{"x": hunter2}');
    expect(message(() => store.value('app/secret'))).toMatch(/secrets file .* can't be read/);
    expect(message(() => new SecretStore(model()).value('app/secret'))).not.toContain('hunter2');
  });
});
