import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { readCloudAssembly } from '../../../local/assembly';
import { modelOf, writeAssembly } from '../../support/assembly';

const directories: string[] = [];
const written = (...args: Parameters<typeof writeAssembly>) => {
  const directory = writeAssembly(...args);
  directories.push(directory);
  return directory;
};

afterEach(() => {
  for (const directory of directories.splice(0)) fs.rmSync(directory, { recursive: true, force: true });
});

const EMPTY = { template: { Resources: {} } };

describe('a cloud assembly', () => {
  test('puts producers before their consumers', () => {
    const directory = written({ C: { ...EMPTY, dependencies: ['B'] }, B: { ...EMPTY, dependencies: ['A'] }, A: EMPTY });
    expect(readCloudAssembly(directory).stacks.map(({ name }) => name)).toEqual(['A', 'B', 'C']);
  });

  test('finds the unpacked folder of an asset by its S3 key', () => {
    const asset = { s3Key: 'abc.zip', files: { 'index.js': '' } };
    const directory = written({ A: { template: { Resources: { X: { Type: 'Test::Thing' } } }, asset } });
    expect(readCloudAssembly(directory).stacks[0]!.assets.get('abc.zip')).toBe(path.join(directory, 'asset.A'));
  });

  test('reads nested assemblies', () => {
    const outer = written({ A: EMPTY });
    const inner = written({ B: EMPTY }, outer);
    const manifest = path.join(outer, 'manifest.json');
    const { artifacts } = JSON.parse(fs.readFileSync(manifest, 'utf8'));
    artifacts.nested = { type: 'cdk:cloud-assembly', properties: { directoryName: path.basename(inner) } };
    fs.writeFileSync(manifest, JSON.stringify({ artifacts }));
    expect(readCloudAssembly(outer).stacks.map(({ name }) => name)).toEqual(['A', 'B']);
  });

  test('takes account and region of a stack where the app names them', () => {
    const types = {
      'Test::Thing': { honours: [], ref: () => '', attributes: { Region: (_: unknown, e: { region: string }) => e.region } },
    };
    const template = { Resources: { X: { Type: 'Test::Thing' } }, Outputs: { R: { Value: { Ref: 'AWS::Region' } } } };
    const model = modelOf({ A: { template, environment: 'aws://111111111111/us-east-1' }, B: { template } }, { types });
    expect(model.outputs().map(({ value }) => value)).toEqual(['us-east-1', 'eu-west-1']);
    expect(model.resources('Test::Thing').map((x) => model.attribute(x, 'Region'))).toEqual(['us-east-1', 'eu-west-1']);
  });

  test('fails where there is none', () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'empty-'));
    directories.push(directory);
    expect(() => readCloudAssembly(directory)).toThrow('manifest.json is missing; run cdk synth');
  });

  test('fails when stacks depend on each other', () => {
    const directory = written({ A: { ...EMPTY, dependencies: ['B'] }, B: { ...EMPTY, dependencies: ['A'] } });
    expect(() => readCloudAssembly(directory)).toThrow('stacks depend on each other: A -> B -> A');
  });
});

describe('the model', () => {
  test('leaves out resources and outputs whose condition does not hold', () => {
    const model = modelOf({
      S: {
        template: {
          Conditions: { Never: { 'Fn::Equals': [1, 2] }, Always: { 'Fn::Equals': ['a', 'a'] } },
          Resources: { X: { Type: 'Test::Thing', Condition: 'Never' }, Y: { Type: 'Test::Thing', Condition: 'Always' } },
          Outputs: { X: { Value: { Ref: 'X' }, Condition: 'Never' }, Y: { Value: { Ref: 'Y' } } },
        },
      },
    });
    expect(model.resources('Test::Thing').map(({ logicalId }) => logicalId)).toEqual(['Y']);
    expect(model.outputs()).toEqual([{ stack: 'S', name: 'Y', value: 'S-Y', description: undefined }]);
  });

  test('finds a resource by its Ref and by any attribute', () => {
    const model = modelOf({ S: { template: { Resources: { X: { Type: 'Test::Thing', Properties: { Name: 'x' } } } } } });
    const [x] = model.resources('Test::Thing');
    expect(model.find('Test::Thing', 'x')).toBe(x);
    expect(model.find('Test::Thing', 'arn:aws:test:eu-west-1:000000000000:x')).toBe(x);
    expect(model.find('Test::Thing', 'y')).toBeUndefined();
    expect(model.find('Test::Other', 'x')).toBeUndefined();
  });

  test('resolves a property on first use only', () => {
    const model = modelOf({
      S: { template: { Resources: { X: { Type: 'Test::Thing', Properties: { Name: 'x', Value: { Ref: 'Nobody' } } } } } },
    });
    const [x] = model.resources('Test::Thing');
    expect(x!.properties.Name).toBe('x');
    expect(() => x!.properties.Value).toThrow('S/X property Value');
  });
});
