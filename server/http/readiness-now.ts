import { messageOf } from '../../domain/errors.ts';
import type { Application, Readiness } from '../application.ts';

/** Readiness; where even that cannot be found out, that is the reason against it. */
export function readinessNow(application: Application): Promise<Readiness> {
  return application.readiness().catch((error: unknown): Readiness => ({
    ready: false,
    reasons: [{ code: 'worker_failed', message: messageOf(error), since: application.now() }],
    warnings: [],
  }));
}
