import { z } from 'zod';

import type { PartKind, RegistryPart } from '../../domain/model/district.ts';

const KINDS: ReadonlySet<string> = new Set<PartKind>([
  'district',
  'organisation',
  'person',
  'street',
  'community',
  'basin',
  'reach',
  'asset',
  'flow',
  'station',
  'gateway',
  'subscriber',
]);

/** A part as it comes from another process of the same version, which has validated it whole. */
export const partSchema = z.custom<RegistryPart>(
  value =>
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    typeof value.kind === 'string' &&
    KINDS.has(value.kind) &&
    'id' in value &&
    typeof value.id === 'string',
  { error: 'is no part of a district' },
);
