/*
 * The CDK notes a stack for each resource, and jest, which keeps 100 frames of each, maps every frame to its source: a quarter of
 * the time of a test that synthesizes.
 */
process.env.CDK_CONTEXT_JSON ??= '{"aws:cdk:disable-creation-stack-traces":true}';
Error.stackTraceLimit = 10;
