/** A tipping bucket counts tips of this depth, millimetres. */
const TIP_MM = 0.1;
/** How long the air stays cool after rain, seconds. */
const COOLING_S = 5_400;

interface Period {
  readonly spanMs: number;
  index: number;
  tipsAtBegin: number;
  /** Tips of the last whole period. */
  tips: number;
}

/** A tipping-bucket gauge: its counter and the totals of periods (start, end] count the same tips. */
export class RainGauge {
  readonly #periods = new Map<number, Period>();
  #depthMm = 0;
  #wetness = 0;

  /** The gauge will be asked for totals of such periods, which begin at whole multiples of the span. */
  addPeriod(spanMs: number): void {
    this.#periods.set(spanMs, { spanMs, index: Number.NaN, tipsAtBegin: 0, tips: 0 });
  }

  /** Takes the rain of a step that ends at `endMs`. */
  step(mmPerS: number, stepS: number, endMs: number): void {
    const beginMs = endMs - stepS * 1_000;
    for (const period of this.#periods.values()) {
      if (Number.isNaN(period.index)) period.index = Math.floor(beginMs / period.spanMs);
    }
    this.#depthMm += mmPerS * stepS;
    this.#wetness += (Math.min(1, mmPerS * 360) - this.#wetness) * (1 - Math.exp(-stepS / COOLING_S));
    for (const period of this.#periods.values()) {
      const index = Math.floor(endMs / period.spanMs);
      if (index === period.index) continue;
      period.tips = this.#tips - period.tipsAtBegin;
      period.tipsAtBegin = this.#tips;
      period.index = index;
    }
  }

  /** Rain since the gauge was set up, millimetres, in whole tips. */
  get counterMm(): number {
    return this.#tips * TIP_MM;
  }

  /** Rain of the last whole period of that span, millimetres, in whole tips; 0 before one is over. */
  totalMm(spanMs: number): number {
    return (this.#periods.get(spanMs)?.tips ?? 0) * TIP_MM;
  }

  /** 0 after a dry spell, 1 in long heavy rain. */
  get wetness(): number {
    return this.#wetness;
  }

  get #tips(): number {
    return Math.floor(this.#depthMm / TIP_MM);
  }
}
