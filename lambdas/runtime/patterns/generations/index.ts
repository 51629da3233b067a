export {
  type GenerationRead,
  Generations,
  type GenerationsOptions,
  type PublishOptions,
  type PublishResult,
} from './generations';
