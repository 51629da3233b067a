export { type Console, type ConsoleOptions, startConsole } from './console';
export { Recorder } from './recorder';
