/** Ends of the names of stacks' outputs, by which a person and the command line find a platform that is deployed. */

/** Bus on which purges are announced. */
export const BUS_OUTPUT = 'BusName';
/** Base URL of the API, with its stage. */
export const API_OUTPUT = 'ApiUrl';
/** Distribution that is purged. */
export const DISTRIBUTION_OUTPUT = 'DistributionId';
