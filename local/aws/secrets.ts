import { createHash, randomInt } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { uuidOf } from '../assembly/names';
import { own } from '../own';
import { AwsError, type Model, type Operations, type Resource } from '../types';
import { generateSecret } from './generate-secret';
import { secretArn, secretName } from './secret-types';

/** Entry of the file, by the secret's ARN. */
interface Kept {
  /** Hash of the recipe of the value; a template with another recipe gets a new value, as in AWS. */
  readonly recipe: string;
  readonly value: string;
}

/** A secret of the template. */
interface Secret {
  readonly resource: Resource;
  readonly arn: string;
  readonly name: string;
}

/**
 * The secrets of a template. Generated values are made once and kept in a file that only its owner may read, so that engines and
 * functions agree on them over starts. Values never appear in a log or an error.
 */
export class SecretStore {
  readonly #model: Model;
  readonly #file: string;
  readonly #secrets: Secret[];
  readonly #values = new Map<string, string>();
  #kept: Record<string, Kept> | undefined;

  /** @param file - by default `secrets.json` in the platform's state folder. */
  constructor(model: Model, file = path.join(model.environment.stateDir, 'secrets.json')) {
    this.#model = model;
    this.#file = file;
    this.#secrets = model
      .resources('AWS::SecretsManager::Secret')
      .map((resource) => ({ resource, arn: secretArn(resource, model.environment), name: secretName(resource) }));
  }

  /**
   * The secret string, with the connection of the attached target.
   * @throws an Error that names a secret that isn't in the template.
   */
  value(secret: Resource | string): string {
    const found = typeof secret === 'string' ? this.#find(secret) : this.#secrets.find(({ arn }) => arn === this.#arnOf(secret));
    if (!found) throw new Error(`secret '${typeof secret === 'string' ? secret : secret.logicalId}' is not in the template`);
    const { arn } = found;
    let value = this.#values.get(arn);
    if (value === undefined) {
      value = this.#withTarget(found, this.#base(found));
      this.#values.set(arn, value);
    }
    return value;
  }

  /** Answers `GetSecretValue` and `DescribeSecret`. */
  get operations(): Operations {
    const resources = ({ SecretId }: { SecretId?: string }) => [this.#find(SecretId ?? '')?.arn ?? this.#guess(SecretId ?? '')];
    return {
      secretsmanager: {
        GetSecretValue: {
          input: { SecretId: 'text', VersionStage: 'text', VersionId: 'text' },
          required: ['SecretId'],
          action: 'secretsmanager:GetSecretValue',
          resources,
          handle: ({ SecretId, VersionStage }) => {
            if (VersionStage !== undefined && VersionStage !== 'AWSCURRENT') {
              throw notFound(`Secrets Manager can't find the specified secret value for staging label: ${VersionStage}`);
            }
            const { arn, name } = this.#required(SecretId);
            const value = this.value(arn);
            return { ARN: arn, Name: name, SecretString: value, VersionId: uuidOf(value), VersionStages: ['AWSCURRENT'] };
          },
        },
        ListSecrets: {
          input: { MaxResults: 'number', NextToken: 'text' },
          action: 'secretsmanager:ListSecrets',
          resources: () => [],
          handle: () => ({ SecretList: this.#secrets.map(({ arn, name }) => ({ ARN: arn, Name: name })) }),
        },
        DescribeSecret: {
          input: { SecretId: 'text' },
          required: ['SecretId'],
          action: 'secretsmanager:DescribeSecret',
          resources,
          handle: ({ SecretId }) => {
            const { arn, name } = this.#required(SecretId);
            return { ARN: arn, Name: name, VersionIdsToStages: { [uuidOf(this.value(arn))]: ['AWSCURRENT'] } };
          },
        },
      },
    };
  }

  #required(secretId: string | undefined): Secret {
    const secret = this.#find(secretId ?? '');
    if (!secret) throw notFound("Secrets Manager can't find the specified secret.");
    return secret;
  }

  /** By name, ARN, or ARN without its last six characters. */
  #find(reference: string): Secret | undefined {
    return this.#secrets.find(({ arn, name }) => reference === arn || reference === name || reference === arn.slice(0, -7));
  }

  #guess(secretId: string): string {
    const { account, region } = this.#model.environment;
    return secretId.startsWith('arn:') ? secretId : `arn:aws:secretsmanager:${region}:${account}:secret:${secretId}`;
  }

  #arnOf(resource: Resource): string {
    return resource.type === 'AWS::SecretsManager::Secret'
      ? secretArn(resource, this.#model.environment)
      : this.#model.ref(resource);
  }

  #base({ resource, arn }: Secret): string {
    const { SecretString, GenerateSecretString } = resource.properties;
    if (SecretString !== undefined) return SecretString;
    this.#kept ??= this.#read();
    const recipe = createHash('sha256')
      .update(JSON.stringify(GenerateSecretString ?? {}))
      .digest('hex');
    const kept = own(this.#kept, arn);
    if (kept?.recipe === recipe) return kept.value;
    const value = generateSecret(GenerateSecretString ?? {}, (n) => randomInt(n));
    this.#kept[arn] = { recipe, value };
    this.#write(this.#kept);
    return value;
  }

  /** A target attachment adds where the database is to the user and password, like AWS does. */
  #withTarget({ arn, name }: Secret, value: string): string {
    const attachment = this.#model
      .resources('AWS::SecretsManager::SecretTargetAttachment')
      .find(({ properties }) => properties.SecretId === arn || properties.SecretId === name);
    if (!attachment) return value;
    const { TargetId, TargetType } = attachment.properties;
    if (TargetType !== 'AWS::RDS::DBInstance') {
      throw new Error(
        `${attachment.stack}/${attachment.logicalId}: 'TargetType' must be AWS::RDS::DBInstance to be run here, got: ${TargetType}`,
      );
    }
    const target = this.#model.find(TargetType, TargetId);
    if (!target)
      throw new Error(`${attachment.stack}/${attachment.logicalId}: 'TargetId' names no database of the template: ${TargetId}`);
    return JSON.stringify({
      ...fields(value, name),
      engine: target.properties.Engine,
      host: this.#model.attribute(target, 'Endpoint.Address'),
      port: Number(this.#model.attribute(target, 'Endpoint.Port')),
      ...(target.properties.DBName !== undefined && { dbname: target.properties.DBName }),
      dbInstanceIdentifier: this.#model.ref(target),
    });
  }

  #read(): Record<string, Kept> {
    if (!fs.existsSync(this.#file)) return {};
    try {
      return JSON.parse(fs.readFileSync(this.#file, 'utf8'));
    } catch {
      // The parser's own message quotes what it read, so it isn't passed on. A new password would lock everybody out of the
      // engines that still have the old one.
      throw new Error(
        `secrets file '${this.#file}' can't be read; delete it together with the data of the engines to start anew`,
      );
    }
  }

  /** By way of a second file, so that a crash leaves the old one or the new one. */
  #write(kept: Record<string, Kept>): void {
    fs.mkdirSync(path.dirname(this.#file), { recursive: true });
    const temporary = `${this.#file}.${process.pid}`;
    fs.writeFileSync(temporary, JSON.stringify(kept, undefined, 2), { mode: 0o600 });
    fs.renameSync(temporary, this.#file);
  }
}

/** The members of a JSON secret. The parser's message would quote the value, so it isn't passed on. */
function fields(value: string, name: string): Record<string, unknown> {
  try {
    return JSON.parse(value) as Record<string, unknown>;
  } catch {
    throw new Error(`secret '${name}' is attached to a database, so its value must be a JSON object; set 'SecretStringTemplate'`);
  }
}

function notFound(message: string): AwsError {
  return new AwsError('ResourceNotFoundException', message);
}
