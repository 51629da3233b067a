export { type Popular, Popularity, type PopularityOptions } from './popularity';
export { coverage, type TimedWarming, type WarmPlanOptions, warmPlan } from './warm-plan';
