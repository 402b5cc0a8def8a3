import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

import { LOCAL_OFFSET_MS } from '../../domain/time/bucket.ts';
import type { WarningSeverity } from '../../domain/model/warning-severity.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../domain/time/instant.ts';
import { localTime } from '../text/local-time.ts';
import { valueRange } from './curve-data.ts';
import type { CurveColumns, CurveMark, CurveThreshold } from './curve-data.ts';

/** Colours of a plot; a canvas knows no style sheet. */
export interface CurvePalette {
  readonly line: string;
  readonly band: string;
  readonly grid: string;
  readonly text: string;
  readonly suspect: string;
  readonly bad: string;
  readonly threshold: string;
  readonly background: string;
  readonly chosen: string;
  readonly severity: Readonly<Record<WarningSeverity, string>>;
}

export interface CurvePlotOptions {
  readonly palette: CurvePalette;
  /** Totals of periods are bars, everything else is a line; steps where a value holds until the next. */
  readonly shape: 'line' | 'steps' | 'bars';
  /** Bars end at their time where they are single totals, and begin there where they are buckets. */
  readonly barsEnd: boolean;
  readonly formatNumber: (v: number) => string;
  /** The smallest difference that `formatNumber` shows. */
  readonly resolution: number;
  /** The index of the row under the pointer. */
  readonly onHover: (index: number | undefined) => void;
  /** An instant was pointed out, epoch ms. */
  readonly onPick: (t: number) => void;
}

export interface CurveWarning {
  readonly severity: WarningSeverity;
  readonly from: number;
  readonly to: number;
}

export interface CurvePicture {
  readonly columns: CurveColumns;
  readonly thresholds: readonly CurveThreshold[];
  /** The warnings in force of the point, each from its begin on, epoch ms. */
  readonly warnings: readonly CurveWarning[];
  /** The instant that somebody asks about, epoch ms. */
  readonly chosen: number | undefined;
  /** The ends of the time axis, epoch ms. */
  readonly from: number;
  readonly to: number;
}

const AXIS_FONT = '11px system-ui, sans-serif';
const MARK_RADIUS = 4;
const WARNING_BAR = 5;
/** So near to a row, in CSS pixels, that row is meant; elsewhere the instant itself, since it may lie in a gap. */
const SNAP = 8;
/** The axis of bars reaches at least so far: a trace of rain must not look like a storm. */
const BAR_AXIS_STEPS = 20;

/** One curve on a canvas. */
export class CurvePlot {
  readonly #plot: uPlot;
  readonly #options: CurvePlotOptions;
  #picture: CurvePicture;

  constructor(host: HTMLElement, picture: CurvePicture, options: CurvePlotOptions) {
    this.#options = options;
    this.#picture = picture;
    this.#plot = new uPlot(this.#settings(host), dataOf(picture.columns), host);
    const { over } = this.#plot;
    over.addEventListener('click', ({ offsetX }) => options.onPick(this.#timeAt(offsetX)));
  }

  show(picture: CurvePicture): void {
    this.#picture = picture;
    this.#plot.batch(() => {
      this.#plot.setData(dataOf(picture.columns), false);
      this.#plot.setScale('x', { min: picture.from / 1_000, max: picture.to / 1_000 });
    });
  }

  resize(width: number, height: number): void {
    this.#plot.setSize({ width, height });
  }

  destroy(): void {
    this.#plot.destroy();
  }

  /** The time of the row that is meant, else that of the place. */
  #timeAt(left: number): number {
    const plot = this.#plot;
    const row = this.#picture.columns.times[plot.posToIdx(left)];
    const isMeant = row !== undefined && Math.abs(plot.valToPos(row / 1_000, 'x') - left) <= SNAP;
    return isMeant ? row : Math.round(plot.posToVal(left, 'x') * 1_000);
  }

  #settings(host: HTMLElement): uPlot.Options {
    const { palette, formatNumber, onHover } = this.#options;
    const axis = { stroke: palette.text, font: AXIS_FONT };
    const grid = { stroke: palette.grid, width: 1 };
    return {
      width: host.clientWidth,
      height: host.clientHeight,
      legend: { show: false },
      padding: [10, 12, 0, 0],
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
      scales: {
        x: { range: () => [this.#picture.from / 1_000, this.#picture.to / 1_000] },
        y: { range: () => [...this.#valueRange()] },
      },
      axes: [
        {
          ...axis,
          grid,
          ticks: grid,
          values: (_, splits) => timeTexts(splits),
          space: 64,
          splits: timeSplits,
          size: 28,
        },
        { ...axis, grid, ticks: { show: false }, size: 62, values: (_, splits) => splits.map(formatNumber) },
      ],
      series: [
        {},
        this.#lineSeries(),
        { stroke: 'transparent', points: { show: false } },
        { stroke: 'transparent', points: { show: false } },
      ],
      bands: [{ series: [3, 2], fill: palette.band }],
      hooks: {
        draw: [plot => this.#drawOver(plot)],
        setCursor: [({ cursor }) => onHover(cursor.idx ?? undefined)],
      },
    };
  }

  #lineSeries(): uPlot.Series {
    const { palette, shape, barsEnd } = this.#options;
    const base = { stroke: palette.line, width: 1.5, points: isolatedPoints };
    if (shape === 'bars') {
      const paths = uPlot.paths.bars?.({ size: [0.85, 40], align: barsEnd ? -1 : 1 });
      return { ...base, fill: palette.band, width: 1, ...(paths === undefined ? {} : { paths }) };
    }
    if (shape === 'steps') {
      const paths = uPlot.paths.stepped?.({ align: 1 });
      return { ...base, ...(paths === undefined ? {} : { paths }) };
    }
    return base;
  }

  #valueRange(): readonly [number, number] {
    const { shape, resolution } = this.#options;
    const { columns, thresholds } = this.#picture;
    const { line, low, high } = columns;
    const range = valueRange([...line, ...low, ...high], thresholds, resolution);
    // Bars stand on nothing else than zero.
    return shape === 'bars' ? [0, Math.max(range[1], BAR_AXIS_STEPS * resolution)] : range;
  }

  #drawOver(plot: uPlot): void {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    for (const warning of this.#picture.warnings) this.#drawWarning(plot, warning);
    for (const threshold of this.#picture.thresholds) this.#drawThreshold(plot, threshold);
    for (const mark of this.#picture.columns.marks) this.#drawMark(plot, mark);
    this.#drawChosen(plot);
    ctx.restore();
  }

  /** A line through all of the height, with a head that no curve has. */
  #drawChosen(plot: uPlot): void {
    const { chosen } = this.#picture;
    if (chosen === undefined) return;
    const { ctx, bbox } = plot;
    const ratio = devicePixelRatio;
    const x = plot.valToPos(chosen / 1_000, 'x', true);
    ctx.fillStyle = this.#options.palette.chosen;
    ctx.fillRect(x - ratio, bbox.top, 2 * ratio, bbox.height);
    ctx.beginPath();
    ctx.moveTo(x - 6 * ratio, bbox.top);
    ctx.lineTo(x + 6 * ratio, bbox.top);
    ctx.lineTo(x, bbox.top + 9 * ratio);
    ctx.fill();
  }

  /** A thin bar along the top for as long as it lasts, and a line where it began. */
  #drawWarning(plot: uPlot, { severity, from, to }: CurveWarning): void {
    const { ctx, bbox } = plot;
    const ratio = devicePixelRatio;
    const left = Math.max(bbox.left, plot.valToPos(from / 1_000, 'x', true));
    const right = Math.min(bbox.left + bbox.width, plot.valToPos(to / 1_000, 'x', true));
    if (right <= left) return;
    ctx.fillStyle = this.#options.palette.severity[severity];
    ctx.fillRect(left, bbox.top, right - left, WARNING_BAR * ratio);
    if (from / 1_000 >= (plot.scales['x']?.min ?? 0)) ctx.fillRect(left, bbox.top, 2 * ratio, bbox.height);
  }

  #drawThreshold(plot: uPlot, { name, value }: CurveThreshold): void {
    const { palette, formatNumber } = this.#options;
    const { ctx, bbox } = plot;
    const y = plot.valToPos(value, 'y', true);
    const ratio = devicePixelRatio;
    ctx.strokeStyle = ctx.fillStyle = palette.threshold;
    ctx.lineWidth = ratio;
    ctx.setLineDash([6 * ratio, 4 * ratio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.font = `${11 * ratio}px system-ui, sans-serif`;
    ctx.textAlign = 'left';
    ctx.textBaseline = 'bottom';
    ctx.fillText(`${name} ${formatNumber(value)}`, bbox.left + 6 * ratio, y - 2 * ratio);
  }

  /** Suspect values are circles on the line; what is no measurement is a cross, at the edge where it has no place. */
  #drawMark(plot: uPlot, { t, v, kind }: CurveMark): void {
    const { palette } = this.#options;
    const { ctx, bbox } = plot;
    const ratio = devicePixelRatio;
    const radius = MARK_RADIUS * ratio;
    const x = plot.valToPos(t / 1_000, 'x', true);
    const floor = bbox.top + bbox.height - radius - ratio;
    const y = v === null ? floor : Math.max(bbox.top + radius, Math.min(floor, plot.valToPos(v, 'y', true)));
    ctx.lineWidth = 1.5 * ratio;
    ctx.strokeStyle = kind === 'suspect' ? palette.suspect : palette.bad;
    ctx.fillStyle = palette.background;
    ctx.beginPath();
    if (kind === 'suspect') {
      ctx.arc(x, y, radius, 0, 2 * Math.PI);
      ctx.fill();
    } else {
      ctx.moveTo(x - radius, y - radius);
      ctx.lineTo(x + radius, y + radius);
      ctx.moveTo(x + radius, y - radius);
      ctx.lineTo(x - radius, y + radius);
    }
    ctx.stroke();
  }
}

function dataOf({ times, line, low, high }: CurveColumns): uPlot.AlignedData {
  return [times.map(t => t / 1_000), [...line], [...low], [...high]];
}

/** A value between two gaps is a line of no length: without a point nobody would see it. */
const isolatedPoints: uPlot.Series.Points = {
  show: true,
  size: 4,
  filter: ({ data }, series) => {
    const values = [...(data[series] ?? [])];
    return values.flatMap((value, index) => {
      const isAlone = (values[index - 1] ?? null) === null && (values[index + 1] ?? null) === null;
      return typeof value === 'number' && isAlone ? [index] : [];
    });
  },
};

const STEPS_MS = [15 * MINUTE_MS, 30 * MINUTE_MS, ...[1, 2, 3, 6, 12, 24].map(hours => hours * HOUR_MS)];

/** Round times of Asia/Shanghai, some hundred pixels apart. */
function timeSplits(plot: uPlot, _axis: number, minS: number, maxS: number): number[] {
  const most = Math.max(2, plot.width / 96);
  const spanMs = (maxS - minS) * 1_000;
  const stepMs = STEPS_MS.find(step => spanMs / step <= most) ?? DAY_MS;
  const firstMs = Math.ceil((minS * 1_000 + LOCAL_OFFSET_MS) / stepMs) * stepMs - LOCAL_OFFSET_MS;
  const count = Math.floor((maxS * 1_000 - firstMs) / stepMs) + 1;
  return Array.from({ length: count }, (_, index) => (firstMs + index * stepMs) / 1_000);
}

/** The clock; at midnight the date. */
function timeTexts(splits: readonly number[]): string[] {
  return splits.map(seconds => {
    const { date, time } = localTime(seconds * 1_000);
    return time === '00:00:00' ? date.slice(5) : time.slice(0, 5);
  });
}
