/** Event to be counted. */
export interface UsageEvent {
  /** Id by which a repetition is known. */
  readonly eventId: string;
  /** Tenant that has used something. */
  readonly tenant: string;
  /** Thing that it has used, such as `GET /orders`. */
  readonly meter: string;
  /**
   * Units, a whole number of at least 1.
   * @default 1
   */
  readonly units?: number;
}
