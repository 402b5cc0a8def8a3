import type { Application } from '../application.ts';
import { alarmAxis } from '../http/alarm-axis.ts';
import type { AlarmAxis } from '../http/alarm-axis.ts';
import type { AlarmView } from '../http/alarm-schemas.ts';
import { alarmNames, alarmView } from '../http/alarm-view.ts';

/** Where the board and the names of what stands on it come from. */
export type BoardSource = Pick<Application, 'alarms' | 'registry' | 'district'>;

/** What has changed on the board. */
export interface BoardDelta {
  /** Warnings that came into force, or have changed. */
  readonly alarms: readonly AlarmView[];
  /** Those no longer in force, as they were. */
  readonly alarmsGone: readonly AlarmView[];
}

interface ToldAlarm {
  readonly seq: number;
  readonly view: AlarmView;
}

/** The warnings in force, and where they put every point, as the watchers were last told. */
export class BoardPicture {
  #revision: number | undefined;
  #told: ReadonlyMap<string, ToldAlarm> = new Map();
  #axis = alarmAxis({ board: () => new Map(), judged: () => new Set() });

  /** Of the last step. */
  get axis(): AlarmAxis {
    return this.#axis;
  }

  /** The warnings of the last step. */
  *views(): Generator<AlarmView, void, undefined> {
    for (const { view } of this.#told.values()) yield view;
  }

  /** Takes the board of this moment; undefined where nothing has changed, neither on it nor in what is judged. */
  step(source: BoardSource): BoardDelta | undefined {
    const { alarms } = source;
    if (alarms.revision === this.#revision) return undefined;
    this.#revision = alarms.revision;
    // A copy: the axis must answer for the moment of the step, whatever happens before the next one.
    const judged = new Set(alarms.judged());
    const board = new Map(alarms.board());
    this.#axis = alarmAxis({ board: () => board, judged: () => judged });
    const before = this.#told;
    const told = new Map<string, ToldAlarm>();
    const changed: AlarmView[] = [];
    const names = alarmNames(source);
    for (const record of board.values()) {
      const known = before.get(record.id);
      const isSame = known?.seq === record.seq;
      const view = isSame ? known.view : alarmView(record, names);
      told.set(record.id, { seq: record.seq, view });
      if (!isSame) changed.push(view);
    }
    this.#told = told;
    const gone = [...before].flatMap(([id, { view }]) => (told.has(id) ? [] : view));
    return { alarms: changed, alarmsGone: gone };
  }
}
