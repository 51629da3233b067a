export {
  normalizedQuery,
  type PageOptions,
  type SearchPage,
  type SearchQuery,
  SearchResults,
  type SearchResultsOptions,
} from './search-results';
