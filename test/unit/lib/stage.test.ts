import { defineStage, stageConfig, stages } from '../../../lib/stacks/stage';

test('a stage is chosen by its name', () => {
  for (const name of ['local', 'dev', 'prod']) expect(stageConfig(name).name).toBe(name);
});

test('every stage is listed under its own name', () => {
  for (const [name, config] of Object.entries(stages)) expect(config.name).toBe(name);
});

test.each(['', 'production', 'toString'])('fails when there is no stage %j', (name) => {
  expect(() => stageConfig(name)).toThrow(`context 'stage' must be one of local, dev, prod, got: ${JSON.stringify(name)}`);
});

test('fails when any stage but local is open', () => {
  expect(() => defineStage({ ...stageConfig('dev'), open: true })).toThrow(
    "stage 'dev': 'open' must be false in every stage but 'local', got: true",
  );
});

test('fails when there is but one availability zone to fail over in', () => {
  const environment = { account: '111111111111', region: 'eu-central-1', availabilityZones: ['eu-central-1a', 'eu-central-1a'] };
  expect(() => defineStage({ ...stageConfig('dev'), environment })).toThrow(
    "'environment.availabilityZones' must be two or more",
  );
});

test.each(['Dev', 'my-stage', 'a-very-long-stage-name'])('fails when a stage is named %s', (name) => {
  expect(() => defineStage({ ...stageConfig('dev'), name })).toThrow("'name' must be at most 16 lower case letters and digits");
});
