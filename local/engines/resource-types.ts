import type { ResourceTypes } from '../types';
import { types as postgres } from './postgres/resource-types';
import { types as redis } from './redis/resource-types';

/** The CloudFormation types of this product. */
export const types: ResourceTypes = { ...postgres, ...redis };
