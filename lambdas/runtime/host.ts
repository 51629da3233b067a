/**
 * Facts about the process that the library runs in, as its host states them. The library takes everything else from its options:
 * this is the only file of it that reads the environment.
 */
export const host = {
  /** True in a Lambda environment, which is frozen between its invocations: timers and connections stand still meanwhile. */
  isLambda: process.env.AWS_LAMBDA_FUNCTION_NAME !== undefined,
} as const;
