import type { IngestView } from '../http/response-schemas.ts';
import type { Ledger } from '../../domain/model/ledger.ts';
import type { Application, Readiness } from '../application.ts';
import type { DistrictPicture, PictureDelta } from './district-picture.ts';
import { renderEvent } from './server-sent-event.ts';
import type { StreamClient } from './stream-client.ts';

/** What a stream tells beside stations and points. */
export interface Figures {
  readonly ledger: Ledger;
  readonly ingest: IngestView;
  readonly readiness: Readiness;
}

/** To read a part of the ledger costs as much as the whole, and there may be many parts. */
const PART_LEDGER_MS = 10_000;

type FigureTexts = { readonly [Name in keyof Figures]: string };

/** The streams of everybody who may see the same stations: what they are told is made once. */
export class Audience {
  /** `undefined`: the whole district. */
  readonly stations: readonly string[] | undefined;
  readonly #wanted: ReadonlySet<string> | undefined;
  /** Have their full state and hear every change. */
  readonly #listening = new Set<StreamClient>();
  /** Wait for their full state. */
  readonly #newcomers = new Set<StreamClient>();
  #figures: FigureTexts | undefined;
  #ledger: { readonly readMs: number; readonly counts: Ledger } | undefined;
  /** The full state, until something changes. */
  #state: readonly Buffer[] | undefined;

  constructor(stations: readonly string[] | undefined) {
    this.stations = stations;
    this.#wanted = stations === undefined ? undefined : new Set(stations);
  }

  get isEmpty(): boolean {
    return this.#listening.size === 0 && this.#newcomers.size === 0;
  }

  get hasNewcomers(): boolean {
    return this.#newcomers.size > 0;
  }

  /** False until the figures were told for the first time. */
  get hasFigures(): boolean {
    return this.#figures !== undefined;
  }

  add(client: StreamClient): void {
    this.#newcomers.add(client);
  }

  remove(client: StreamClient): void {
    this.#newcomers.delete(client);
    this.#listening.delete(client);
  }

  /** The ledger, read anew where that is due. */
  async ledger(application: Application, nowMs: number): Promise<Ledger> {
    const known = this.#ledger;
    const isFresh = known !== undefined && nowMs - known.readMs < PART_LEDGER_MS;
    if (isFresh && this.#wanted !== undefined) return known.counts;
    const counts = await application.ledger(this.stations);
    this.#ledger = { readMs: nowMs, counts };
    return counts;
  }

  /** The figures to begin with. */
  begin(figures: Figures): void {
    this.#figures = figureTexts(figures);
  }

  /** Everybody gets a full state next, since there is a new picture. */
  beginAnew(figures: Figures): void {
    this.begin(figures);
    this.#state = undefined;
    for (const client of this.#listening) this.#newcomers.add(client);
    this.#listening.clear();
  }

  /** Tells what has changed; nothing where nothing has. */
  async tell(
    delta: PictureDelta,
    figures: Figures,
    event: { readonly id: number; readonly now: number },
  ): Promise<void> {
    const before = this.#figures;
    const { ledger, ingest, readiness } = figureTexts(figures);
    this.#figures = { ledger, ingest, readiness };
    this.#state = undefined;
    const isWanted = (station: string): boolean => this.#wanted?.has(station) ?? true;
    const lists = {
      stations: delta.stations.filter(({ id }) => isWanted(id)),
      points: delta.points.filter(({ station }) => isWanted(station)),
      alarms: delta.alarms.filter(({ station }) => isWanted(station)),
      alarmsGone: delta.alarmsGone.filter(({ station }) => isWanted(station)).map(({ id }) => id),
    };
    const changed = {
      ...(ledger === before?.ledger ? {} : { ledger }),
      ...(readiness === before?.readiness ? {} : { readiness }),
    };
    const isQuiet =
      Object.values(lists).every(({ length }) => length === 0) && Object.keys(changed).length === 0;
    if (this.#listening.size === 0 || (isQuiet && ingest === before?.ingest)) return;
    const pieces = await renderEvent({
      id: event.id,
      name: 'delta',
      texts: { now: String(event.now), ingest, ...changed },
      lists,
    });
    for (const client of this.#listening) client.send(pieces);
  }

  /** Sends the full state to those who wait for it; one rendering serves everybody until something changes. */
  async greet(picture: DistrictPicture, id: number): Promise<void> {
    const figures = this.#figures;
    if (figures === undefined) return;
    this.#state ??= await renderEvent({
      id,
      name: 'state',
      texts: { now: String(picture.now), ...figures },
      lists: { stations: picture.views(this.stations), alarms: picture.alarms(this.stations) },
    });
    for (const client of this.#newcomers) {
      this.#newcomers.delete(client);
      this.#listening.add(client);
      client.sendState(this.#state);
    }
  }
}

function figureTexts({ ledger, ingest, readiness }: Figures): FigureTexts {
  const { messages, readings, refused, balanced } = ledger;
  const { ready, reasons, warnings } = readiness;
  return {
    ledger: JSON.stringify({ messages, readings, refused, balanced }),
    ingest: JSON.stringify(ingest),
    readiness: JSON.stringify({ ready, reasons, warnings }),
  };
}
