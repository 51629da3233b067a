export { MaterializedView, type MaterializedViewOptions, type RefreshResult, type ViewValue } from './materialized-view';
