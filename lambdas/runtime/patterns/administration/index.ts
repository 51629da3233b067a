export {
  Administration,
  type AdministrationOptions,
  type EntryReport,
  type FoundEntries,
  type KeysPage,
  type ShardStats,
  type TagReport,
} from './administration';
