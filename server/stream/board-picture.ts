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
  /** Datastreams whose place on the alarm axis may be another one. */
  readonly subjects: ReadonlySet<string>;
}

const NOTHING: BoardDelta = { alarms: [], alarmsGone: [], subjects: new Set() };

interface ToldAlarm {
  readonly seq: number;
  readonly view: AlarmView;
}

/** The warnings in force, and where they put every point, as the watchers were last told. */
export class BoardPicture {
  #revision: number | undefined;
  #told: ReadonlyMap<string, ToldAlarm> = new Map();
  #judged: ReadonlySet<string> = new Set();
  #axis = alarmAxis({ board: () => new Map(), judged: () => this.#judged });

  /** Of the last step. */
  get axis(): AlarmAxis {
    return this.#axis;
  }

  /** The warnings of the last step. */
  *views(): Generator<AlarmView, void, undefined> {
    for (const { view } of this.#told.values()) yield view;
  }

  /** Takes the board of this moment, and says in what it differs from the last one. */
  step(source: BoardSource): BoardDelta {
    if (source.alarms.revision === this.#revision) return NOTHING;
    this.#revision = source.alarms.revision;
    const subjects = this.#judge(source.alarms.judged());
    const board = source.alarms.board();
    this.#axis = alarmAxis({ board: () => board, judged: () => this.#judged });
    const before = this.#told;
    const told = new Map<string, ToldAlarm>();
    const alarms: AlarmView[] = [];
    const names = alarmNames(source);
    for (const record of board.values()) {
      const known = before.get(record.id);
      if (known?.seq === record.seq) {
        told.set(record.id, known);
        continue;
      }
      const view = alarmView(record, names);
      told.set(record.id, { seq: record.seq, view });
      alarms.push(view);
    }
    this.#told = told;
    const alarmsGone = [...before].flatMap(([id, { view }]) => (told.has(id) ? [] : view));
    for (const { subject } of [...alarms, ...alarmsGone]) subjects.add(subject);
    return { alarms, alarmsGone, subjects };
  }

  /** Answers what is judged newly or no more. A copy is kept: the set itself may be a living one. */
  #judge(judged: ReadonlySet<string>): Set<string> {
    const before = this.#judged;
    const subjects = new Set<string>();
    for (const subject of judged) if (!before.has(subject)) subjects.add(subject);
    for (const subject of before) if (!judged.has(subject)) subjects.add(subject);
    if (subjects.size > 0) this.#judged = new Set(judged);
    return subjects;
  }
}
