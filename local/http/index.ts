export { foreignRequest, foreignToSite, isLoopbackName } from './foreign-request';
export { type Handler, LoopbackServer, type LoopbackServerOptions } from './loopback-server';
