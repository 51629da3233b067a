export {
  type ByteRange,
  byteRange,
  type ConditionFields,
  notModified,
  preconditionFails,
  type RepresentationValidators,
} from './conditions';
export { foreignRequest, foreignToSite, isLoopbackName } from './foreign-request';
export { parseHttpDate } from './http-date';
export { type Handler, LoopbackServer, type LoopbackServerOptions } from './loopback-server';
