import { parseDocument, LineCounter } from 'yaml';
import { z } from 'zod';

import { AppError } from '../../domain/errors.ts';
import { MINUTE_MS, epochMs } from '../../domain/time/instant.ts';
import type { DurationMs, EpochMs } from '../../domain/time/instant.ts';
import { BEHAVIOUR_SCHEMA } from './behaviour-kinds.ts';
import type { Behaviour } from './behaviour-kinds.ts';
import { delayText, spanText, startText } from './span.ts';
import type { ScenarioStart, Span } from './span.ts';

/** One storm, relative to the start of the scenario. */
export interface ScenarioStorm {
  readonly from: DurationMs;
  readonly duration: DurationMs;
  /** Total in the centre. */
  readonly depthMm: number;
  /** Share of the storm before its peak, above 0 and below 1. */
  readonly peakShare?: number | undefined;
  readonly latitude: number;
  readonly longitude: number;
  readonly radiusKm: number;
  readonly driftKmPerH?: readonly [east: number, north: number] | undefined;
}

/** A span of the district's life: weather, and what its devices do wrong. */
export interface Scenario {
  readonly name: string;
  readonly nameEn?: string | undefined;
  readonly seed: number;
  readonly start: ScenarioStart;
  readonly duration: DurationMs;
  readonly weather: {
    readonly climate?: 'dry' | 'flood_season' | undefined;
    readonly storms: readonly ScenarioStorm[];
  };
  readonly behaviours: readonly Behaviour[];
}

const stormSchema = z.strictObject({
  from: delayText,
  duration: spanText,
  depthMm: z.number().gt(0).max(2_000),
  peakShare: z.number().gt(0).lt(1).optional(),
  latitude: z.number().min(-90).max(90),
  longitude: z.number().min(-180).max(180),
  radiusKm: z.number().gt(0).max(1_000),
  driftKmPerH: z.tuple([z.number(), z.number()]).optional(),
});

const scenarioSchema = z.strictObject({
  name: z.string().trim().min(1).max(128),
  nameEn: z.string().trim().min(1).max(128).optional(),
  seed: z
    .int()
    .min(0)
    .max(2 ** 31)
    .default(1),
  start: startText,
  duration: spanText,
  weather: z
    .strictObject({
      climate: z.enum(['dry', 'flood_season']).optional(),
      storms: z.array(stormSchema).default([]),
    })
    .prefault({}),
  behaviours: z.array(BEHAVIOUR_SCHEMA).default([]),
});

/**
 * Reads a scenario file, YAML 1.2, strictly.
 *
 * @throws AppError `scenario_invalid` with every problem, each with its path or line
 */
export function parseScenario(text: string): Scenario {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const findings = [...document.errors, ...document.warnings];
  if (findings.length > 0) {
    throw invalid(findings.map(({ message, pos }) => `line ${lines.linePos(pos[0]).line}: ${message}`));
  }
  const parsed = scenarioSchema.safeParse(document.toJS() ?? {});
  if (!parsed.success) throw invalid(parsed.error.issues.flatMap(problemsOf));
  const problems = parsed.data.behaviours.flatMap((behaviour, index) =>
    behaviour.stations !== undefined && behaviour.share !== undefined
      ? [`behaviours[${index}] has both stations and share: name them or draw them`]
      : [],
  );
  if (problems.length > 0) throw invalid(problems);
  return parsed.data;
}

/** The scenario in time, as of now: whole minutes, so that readings keep their round times. */
export function scenarioSpan({ start, duration }: Scenario, now: EpochMs): Span {
  const from = start.kind === 'at' ? start.at : Math.floor((now - start.span) / MINUTE_MS) * MINUTE_MS;
  return { from: epochMs(from), to: epochMs(from + duration) };
}

function invalid(problems: readonly string[]): AppError {
  return new AppError('scenario_invalid', 'The scenario was refused.', { problems });
}

function problemsOf(issue: z.core.$ZodIssue): readonly string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(key => `${pathText([...issue.path, key])} is not known`);
  }
  const message = issue.message.endsWith('received undefined')
    ? 'is missing'
    : issue.message.replace(/^Invalid (input|option|discriminator value): /, '');
  return [`${pathText(issue.path)} ${message}`];
}

/** `behaviours[3].from`; the root is `the file`. */
function pathText(keys: readonly PropertyKey[]): string {
  const path = keys.map(key => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  return path === '' ? 'the file' : path.replace(/^\./, '');
}
