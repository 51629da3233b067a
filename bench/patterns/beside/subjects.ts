import { feed } from './feed';
import { nearby } from './nearby';
import { stock } from './stock';
import type { DatabaseSubject } from './subject';

/** Subjects by their figure's name. */
export const DATABASE_SUBJECTS: Readonly<Record<string, DatabaseSubject>> = {
  reserveVsDatabase: stock,
  feedVsSql: feed,
  nearbyVsSql: nearby,
};
