/** Sizes of a stage cache in GB, as API Gateway bills them by the hour. A change of size discards everything that is cached. */
export class GatewayCacheSize {
  static readonly GB_0_5 = new GatewayCacheSize('0.5');
  static readonly GB_1_6 = new GatewayCacheSize('1.6');
  static readonly GB_6_1 = new GatewayCacheSize('6.1');
  static readonly GB_13_5 = new GatewayCacheSize('13.5');
  static readonly GB_28_4 = new GatewayCacheSize('28.4');
  static readonly GB_58_2 = new GatewayCacheSize('58.2');
  static readonly GB_118 = new GatewayCacheSize('118');
  static readonly GB_237 = new GatewayCacheSize('237');

  private constructor(
    /** As `CacheClusterSize` of the stage. */
    readonly gigabytes: string,
  ) {}
}
