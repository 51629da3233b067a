import * as path from 'node:path';
import { ExpectedResult, type IApiCall, type IntegTest, Match } from '@aws-cdk/integ-tests-alpha';
import { type CfnOutput, Duration, type Stack } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, type NodejsFunctionProps } from 'aws-cdk-lib/aws-lambda-nodejs';

/** Longest time of an assertion's function: the provider of assertions waits for two minutes. */
const TIMEOUT = Duration.seconds(115);

/** Adds a function of `test/account/functions` to the stack of a case. */
export function addFunction(
  stack: Stack,
  entry: string,
  props: NodejsFunctionProps,
  may: iam.PolicyStatement[] = [],
): lambda.Function {
  const fn = new NodejsFunction(stack, 'Asserts', {
    entry: path.join(__dirname, 'functions', `${entry}.ts`),
    runtime: lambda.Runtime.NODEJS_24_X,
    timeout: TIMEOUT,
    memorySize: 512,
    bundling: { externalModules: ['@aws-sdk/*', 'pg-native'] },
    ...props,
  });
  for (const statement of may) fn.addToRolePolicy(statement);
  return fn;
}

/**
 * Asserts points of `verify:aws`, one after the other, by a function that returns the outcome of the point that it is asked for.
 *
 * @param points ids of probes, or questions that are otherwise looked at by hand.
 */
export function assertPoints({ assertions }: IntegTest, { functionName }: lambda.IFunction, points: readonly string[]): void {
  let last: IApiCall | undefined;
  for (const point of points) {
    const call = assertions.invokeFunction({ functionName, payload: JSON.stringify({ point }) });
    call.expect(ExpectedResult.objectLike({ Payload: Match.stringLikeRegexp('^"?as assumed') }));
    // They flush, receive from and invalidate the same resources.
    if (last) last.next(call);
    last = call;
  }
}

/** Value of an output of a stack. */
export const outputOf = (stack: Stack, id: string): string => (stack.node.findChild(id) as CfnOutput).value;
