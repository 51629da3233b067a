/*
 * The CDK notes a stack for each construct and token, and jest, which keeps 100 frames of each, maps every frame to its source:
 * a quarter of the time of a test that synthesizes.
 */
Error.stackTraceLimit = 10;
