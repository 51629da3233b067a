export { applyTo, type Member } from './apply';
export { FencedSet, type FencedSetOptions, type Loading, type Ready } from './fenced-set';
export { readingScript } from './scripts';
