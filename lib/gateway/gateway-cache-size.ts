/** Sizes of a stage cache in GB, as API Gateway bills them by the hour. A change of size discards everything that is cached. */
export class GatewayCacheSize {
  /** 0.5 GB. */
  static readonly GB_0_5 = new GatewayCacheSize('0.5');
  /** 1.6 GB. */
  static readonly GB_1_6 = new GatewayCacheSize('1.6');
  /** 6.1 GB. */
  static readonly GB_6_1 = new GatewayCacheSize('6.1');
  /** 13.5 GB. */
  static readonly GB_13_5 = new GatewayCacheSize('13.5');
  /** 28.4 GB. */
  static readonly GB_28_4 = new GatewayCacheSize('28.4');
  /** 58.2 GB. */
  static readonly GB_58_2 = new GatewayCacheSize('58.2');
  /** 118 GB. */
  static readonly GB_118 = new GatewayCacheSize('118');
  /** 237 GB. */
  static readonly GB_237 = new GatewayCacheSize('237');

  private constructor(
    /** Value of `CacheClusterSize` of the stage. */
    readonly gigabytes: string,
  ) {}
}
