export { FencedSet, type FencedSetOptions, type Loading, type Member, type Ready } from './fenced-set';
export { readingScript } from './scripts';
