import { isAppError, messageOf } from '../../domain/errors.ts';
import type { Log } from '../../domain/ports/log.ts';
import { SYSTEM_PRINCIPAL } from '../application.ts';
import type { Administration } from '../identity/administration.ts';
import { diffParts, isEmpty } from './diff-parts.ts';
import { loadSite } from './load-site.ts';
import type { Site } from './load-site.ts';

export interface SiteWarning {
  readonly code: 'site_invalid' | 'site_differs';
  readonly message: string;
}

/** What a start made of the site folder. */
export interface StartSite {
  /** The demo runs its simulator and may show its first password. */
  readonly isDemo: boolean;
  /** Why the district of the registry is used although the folder says something else; until another is applied. */
  readonly warning: () => SiteWarning | undefined;
}

/**
 * The first start applies the site folder; later ones use the district of the registry and only say where the folder
 * differs: a folder that was edited, or damaged, in a typhoon night must not keep the server from starting, and an old
 * one must not undo what `ww site apply` did. The demo's folder is applied at every start, until somebody applies
 * another district.
 *
 * @throws AppError `site_invalid` where there is no district yet and the folder cannot be used
 */
export async function startSite(
  administration: Administration,
  { folder, log }: { readonly folder: string; readonly log: Log },
): Promise<StartSite> {
  const { siteVersion } = administration;
  const hasSite = siteVersion !== undefined;
  const untilApplied = (warning: SiteWarning) => (): SiteWarning | undefined =>
    administration.siteVersion === siteVersion ? warning : undefined;
  let site: Site;
  try {
    site = await loadSite(folder);
  } catch (error) {
    if (!hasSite || !isAppError(error, 'site_invalid')) throw error;
    const message =
      `The site folder ${folder} cannot be used; the district of the registry is. ` +
      'See `ww site validate`.';
    // Not the problems themselves: they are many, and hold words of the folder, where people and their numbers stand.
    log.error(message, { error: messageOf(error), problems: error.problems.length });
    return { isDemo: false, warning: untilApplied({ code: 'site_invalid', message }) };
  }
  if (!hasSite || (site.isDemo && (await isAppliedByStarts(administration)))) {
    await administration.district.apply(SYSTEM_PRINCIPAL, {
      parts: site.parts,
      note: `site folder ${folder}`,
    });
    return { isDemo: site.isDemo, warning: () => undefined };
  }
  const diff = diffParts(administration.siteParts(), site.parts);
  if (isEmpty(diff)) return { isDemo: site.isDemo, warning: () => undefined };
  const { added, changed, retired } = diff;
  const message =
    `The site folder ${folder} differs from the district that is used: ${added.length} parts more, ` +
    `${changed.length} changed, ${retired.length} fewer. See \`ww site diff\`, and \`ww site apply\`.`;
  log.warn(message);
  return { isDemo: false, warning: untilApplied({ code: 'site_differs', message }) };
}

/** Versions looked at for who applied the district last; others are single registrations. */
const VERSIONS_SEEN = 1_000;

async function isAppliedByStarts(administration: Administration): Promise<boolean> {
  const versions = await administration.district.versions(VERSIONS_SEEN);
  return versions.find(({ origin }) => origin === 'site')?.principal === SYSTEM_PRINCIPAL.id;
}
