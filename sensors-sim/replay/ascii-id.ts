import { isThingId } from '../../domain/model/identifier.ts';
import type { ThingId } from '../../domain/model/identifier.ts';

/** A name as a station id: marks are taken off letters, other characters become hyphens; `undefined` if nothing is left. */
export function asciiId(text: string): ThingId | undefined {
  const id = text
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^A-Za-z0-9_-]+/g, '-')
    .replaceAll(/^[-_]+|-+$/g, '');
  return isThingId(id) ? id : undefined;
}
