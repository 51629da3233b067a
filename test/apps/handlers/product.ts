/** Answer of a handler that CDK bundles. */
export const handler = async () => ({ statusCode: 200, body: 'a lamp' });
