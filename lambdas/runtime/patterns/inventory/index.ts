export { type ConfirmHoldOptions, confirmHold, loadStock, SoldOutError, STOCK_TABLES, type StockClient } from './confirm-hold';
export {
  type AllHeld,
  type Hold,
  Inventory,
  type InventoryOptions,
  type OnHand,
  type Reservation,
  type ReservationOfAll,
} from './inventory';
