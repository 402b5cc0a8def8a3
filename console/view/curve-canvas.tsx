import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

import type { WarningSeverity } from '../../domain/model/warning-severity.ts';
import type { CurvePalette, CurvePicture, CurvePlot, CurvePlotOptions } from '../curve/curve-plot.ts';
import { moveTime } from '../curve/chosen-time.ts';
import type { ChosenTime } from '../curve/chosen-time.ts';
import type { CurveRange } from '../curve/curve-request.ts';
import { planCurve } from '../curve/curve-request.ts';
import { numberText, resolutionOf, valueText } from '../text/value-text.ts';
import type { TextTable } from '../text/zh.ts';
import type { Datastream } from '../wire.ts';
import { useWords } from './words.ts';

interface CurveCanvasProps {
  readonly picture: CurvePicture;
  readonly datastream: Datastream;
  readonly range: CurveRange;
  readonly chosen: ChosenTime;
  /** The chosen time and what stands there. */
  readonly chosenText: string;
  readonly onHover: (index: number | undefined) => void;
  readonly onChoose: (time: ChosenTime) => void;
  /** Why it was so at the chosen time is asked for. */
  readonly onAsk: () => void;
}

/** Holds the plot, which is loaded with the first curve that is opened; a time on it is chosen by pointer or by keys. */
export function CurveCanvas(props: CurveCanvasProps): JSX.Element {
  const { picture, datastream, range, chosen, onHover, onChoose, onAsk } = props;
  const { text } = useWords();
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<CurvePlot | undefined>(undefined);
  const newest = useRef(props);
  newest.current = props;
  useEffect(() => {
    const element = host.current;
    if (element === null) return undefined;
    let isGone = false;
    const observer = new ResizeObserver(() =>
      plot.current?.resize(element.clientWidth, element.clientHeight),
    );
    const draw = async (): Promise<void> => {
      const { CurvePlot } = await import('../curve/curve-plot.ts');
      if (isGone) return;
      plot.current?.destroy();
      plot.current = new CurvePlot(
        element,
        newest.current.picture,
        plotOptions(element, {
          datastream,
          range,
          text,
          onHover,
          onPick: t => {
            newest.current.onChoose(t);
            newest.current.onAsk();
          },
        }),
      );
    };
    void draw().then(() => observer.observe(element));
    const forgetTheme = onThemeChange(() => void draw());
    return () => {
      isGone = true;
      forgetTheme();
      observer.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [datastream.name, range, text]);
  useEffect(() => plot.current?.show(picture), [picture]);
  const { from, to, columns } = picture;
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      onAsk();
      return;
    }
    const next = moveTime({ times: columns.times, from, to }, chosen, event.key);
    if (next === undefined) return;
    event.preventDefault();
    onChoose(next);
  };
  return (
    <div
      class="curve-canvas"
      ref={host}
      role="slider"
      tabIndex={0}
      aria-label={text.chooseTime}
      title={text.clickHint}
      aria-valuemin={Math.round(from)}
      aria-valuemax={Math.round(to)}
      aria-valuenow={Math.round(chosen === 'now' ? to : Math.max(from, chosen))}
      aria-valuetext={props.chosenText}
      onKeyDown={onKeyDown}
    />
  );
}

function plotOptions(
  element: HTMLElement,
  {
    datastream,
    range,
    text,
    onHover,
    onPick,
  }: Pick<CurveCanvasProps, 'datastream' | 'range' | 'onHover'> &
    Pick<CurvePlotOptions, 'onPick'> & { readonly text: TextTable },
): CurvePlotOptions {
  const shape = shapeOf(datastream);
  return {
    palette: paletteOf(element),
    shape,
    barsEnd: planCurve(datastream, range).bucket === undefined,
    // Between two states there is nothing to be named.
    formatNumber: v =>
      shape !== 'steps'
        ? numberText(v, datastream.unit)
        : Number.isInteger(v)
          ? valueText(datastream, v, text)
          : '',
    resolution: resolutionOf(datastream.unit),
    onHover,
    onPick,
  };
}

/** A number without a unit is a state that holds until the next one, but for the pH. */
function shapeOf({ interpolation, unit, property }: Datastream): CurvePlotOptions['shape'] {
  if (interpolation === 'period_total') return 'bars';
  return unit === '1' && property !== 'ph' ? 'steps' : 'line';
}

/** The colours of the style sheet as they are for this element now. */
function paletteOf(element: HTMLElement): CurvePalette {
  const probe = document.createElement('span');
  element.append(probe);
  const colour = (name: string): string => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const severityColour = (severity: WarningSeverity): string => {
    probe.dataset['severity'] = severity;
    return colour('severity');
  };
  const palette = {
    line: colour('curve'),
    band: colour('curve-band'),
    grid: colour('line'),
    text: colour('muted'),
    suspect: colour('suspect'),
    bad: colour('bad'),
    threshold: colour('warning'),
    background: colour('surface'),
    chosen: colour('text'),
    severity: {
      blue: severityColour('blue'),
      yellow: severityColour('yellow'),
      orange: severityColour('orange'),
      red: severityColour('red'),
    },
  };
  probe.remove();
  return palette;
}

/** Calls back when the colours of the page change; answers how to end that. */
function onThemeChange(run: () => void): () => void {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const chosen = new MutationObserver(run);
  system.addEventListener('change', run);
  chosen.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  return () => {
    system.removeEventListener('change', run);
    chosen.disconnect();
  };
}
