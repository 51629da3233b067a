import { type Cron, nextCron, parseCron } from './cron';

/** Times of a scheduled rule. */
export interface Schedule {
  /** The next time after `after`, both in milliseconds since the epoch; `undefined` where there is none any more. */
  next(after: number): number | undefined;
}

const UNITS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/**
 * Parses `rate(5 minutes)` or `cron(0 12 * * ? *)`; times are UTC. A rate counts from when the rule was made, so it first fires
 * after one period.
 * @throws an Error on an expression that EventBridge refuses.
 */
export function parseSchedule(expression: string, where: string): Schedule {
  const rate = /^rate\((\d+) (minute|hour|day)(s?)\)$/.exec(expression);
  if (rate) {
    const [, value, unit, plural] = rate as unknown as [string, string, string, string];
    if (Number(value) === 0 || (Number(value) === 1) === (plural === 's')) {
      throw new Error(
        `${where}: 'ScheduleExpression' must be in the singular for 1 and in the plural for more, got: ${expression}`,
      );
    }
    return { next: (after) => after + Number(value) * UNITS[unit]! };
  }
  const fields = /^cron\((.+)\)$/.exec(expression)?.[1];
  if (fields === undefined) {
    throw new Error(`${where}: 'ScheduleExpression' must be rate(value unit) or cron(six fields), got: ${expression}`);
  }
  const cron: Cron = parseCron(fields, where);
  return { next: (after) => nextCron(cron, after) };
}
