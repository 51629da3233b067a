import { named, type PropertyRule } from './rule';

const LAMBDA_TIMEOUT_MOST = 900;

/** Rules of functions, queues, alarms, logs and networks. */
export const FUNCTION_AND_EVENT_RULES: readonly PropertyRule[] = [
  {
    id: 'function-limits',
    types: ['AWS::Lambda::Function'],
    source: 'https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html',
    problem: ({ Timeout = 3, MemorySize = 128, Environment }) => {
      if (Timeout > LAMBDA_TIMEOUT_MOST || Timeout < 1)
        return `'Timeout' must be from 1 to ${LAMBDA_TIMEOUT_MOST}, got: ${Timeout}`;
      if (MemorySize < 128 || MemorySize > 10_240) return `'MemorySize' must be from 128 to 10240, got: ${MemorySize}`;
      const bytes = JSON.stringify(Environment?.Variables ?? {}).length;
      return bytes > 4096 ? `'Environment' must be at most 4 KB, got: ${bytes} bytes` : undefined;
    },
  },
  {
    id: 'queue-visibility',
    types: ['AWS::Lambda::EventSourceMapping'],
    source: 'https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html',
    problem: ({ EventSourceArn, FunctionName }, _, all) => {
      const queue = named(all, 'AWS::SQS::Queue', EventSourceArn)[0];
      const target = named(all, 'AWS::Lambda::Function', FunctionName)[0];
      const visible = queue?.properties.VisibilityTimeout ?? 30;
      const timeout = target?.properties.Timeout ?? 3;
      return queue && target && visible < timeout
        ? `'VisibilityTimeout' of ${queue.address} must be at least its function's timeout ${timeout}, got: ${visible}`
        : undefined;
    },
  },
  {
    id: 'rule-targets',
    types: ['AWS::Events::Rule'],
    source: 'https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html',
    problem: ({ Targets = [], ScheduleExpression, EventPattern, EventBusName }) => {
      if (Targets.length > 5) return `'Targets' must be at most 5, got: ${Targets.length}`;
      if (!ScheduleExpression && !EventPattern) return "'EventPattern' or 'ScheduleExpression' must be given, got: neither";
      return ScheduleExpression && EventBusName && EventBusName !== 'default'
        ? "'ScheduleExpression' works on the default bus only, got: a bus of its own"
        : undefined;
    },
  },
  {
    id: 'anomaly-monitor-of-tag',
    types: ['AWS::CE::AnomalyMonitor'],
    source: 'https://docs.aws.amazon.com/cost-management/latest/userguide/getting-started-ad.html',
    problem: ({ MonitorType, MonitorSpecification, MonitorDimension }) =>
      MonitorType === 'CUSTOM' || MonitorSpecification !== undefined || (MonitorDimension && MonitorDimension !== 'SERVICE')
        ? 'a monitor of a cost tag must be asked for, since only a management account may have one, got: one without asking; leave it out'
        : undefined,
  },
  {
    id: 'log-retention',
    types: ['AWS::Logs::LogGroup'],
    source: 'https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html',
    problem: ({ RetentionInDays }) =>
      RetentionInDays !== undefined &&
      ![1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653].includes(
        RetentionInDays,
      )
        ? `'RetentionInDays' must be one of CloudWatch Logs' own, got: ${RetentionInDays}`
        : undefined,
  },
  {
    id: 'alarm-period',
    types: ['AWS::CloudWatch::Alarm'],
    source: 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html',
    problem: ({ Period, Metrics, EvaluationPeriods, DatapointsToAlarm, MetricName }) => {
      if (Period !== undefined && ![1, 5, 10, 20, 30].includes(Period) && Period % 60 !== 0)
        return `'Period' must be a multiple of 60, got: ${Period}`;
      if (DatapointsToAlarm > EvaluationPeriods)
        return `'DatapointsToAlarm' must be at most 'EvaluationPeriods', got: ${DatapointsToAlarm} of ${EvaluationPeriods}`;
      return MetricName === undefined && !(Metrics?.length > 0)
        ? "'MetricName' or 'Metrics' must be given, got: neither"
        : undefined;
    },
  },
  {
    id: 'endpoint-gateway-routes',
    types: ['AWS::EC2::VPCEndpoint'],
    source: 'https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html',
    problem: ({ VpcEndpointType = 'Gateway', RouteTableIds = [], SubnetIds = [] }) => {
      if (VpcEndpointType === 'Gateway' && RouteTableIds.length === 0)
        return "'RouteTableIds' must be given, got: none; nothing would be routed to it";
      return VpcEndpointType === 'Interface' && SubnetIds.length === 0 ? "'SubnetIds' must be given, got: none" : undefined;
    },
  },
];
