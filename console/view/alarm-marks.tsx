import type { JSX } from 'preact';

import { marksOf } from '../alarm/alarm-marks.ts';
import type { Alarm } from '../alarm/alarm-wire.ts';
import { useWords } from './words.ts';

/** What has to be known of an alarm beside its severity, a word each. */
export function AlarmMarks({ alarm, now }: { readonly alarm: Alarm; readonly now: number }): JSX.Element {
  const { text } = useWords();
  const { severity, currentSeverity, state } = alarm;
  return (
    <>
      {marksOf(alarm, now).map(mark => (
        <span key={mark} class="mark" data-mark={mark} title={text.markMeanings[mark]}>
          {text.marks[mark]}
        </span>
      ))}
      {state === 'open' && currentSeverity !== severity ? (
        <span class="mark">{text.nowAt(text.severity[currentSeverity])}</span>
      ) : null}
    </>
  );
}
