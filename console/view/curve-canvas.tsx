import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

import type { WarningSeverity } from '../../domain/model/warning-severity.ts';
import type { CurvePalette, CurvePicture, CurvePlot, CurvePlotOptions } from '../curve/curve-plot.ts';
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
  readonly onHover: (index: number | undefined) => void;
}

/** Holds the plot, which is loaded with the first curve that is opened. */
export function CurveCanvas({ picture, datastream, range, onHover }: CurveCanvasProps): JSX.Element {
  const { text } = useWords();
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<CurvePlot | undefined>(undefined);
  const newest = useRef(picture);
  newest.current = picture;
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
        newest.current,
        plotOptions(element, { datastream, range, onHover, text }),
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
  return <div class="curve-canvas" ref={host} />;
}

function plotOptions(
  element: HTMLElement,
  { datastream, range, onHover, text }: Omit<CurveCanvasProps, 'picture'> & { readonly text: TextTable },
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
