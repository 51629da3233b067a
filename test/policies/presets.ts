import { defineStage, type StageConfig, stageConfig } from '../../lib/stacks/stage';

/** What the app is deployed as: each stage, and `prod` with everything that needs to know where it is. */
export const PRESETS: Readonly<Record<string, StageConfig>> = {
  local: stageConfig('local'),
  dev: stageConfig('dev'),
  prod: stageConfig('prod'),
  'prod-with-domain': defineStage({
    ...stageConfig('prod'),
    environment: {
      account: '111111111111',
      region: 'eu-central-1',
      availabilityZones: ['eu-central-1a', 'eu-central-1b'],
    },
    domain: { name: 'www.example.com', zoneName: 'example.com', hostedZoneId: 'Z0000000000000000000' },
    alarmEmail: 'operations@example.com',
    monthlyBudget: 1500,
  }),
};
