import { epochMs } from '../../domain/time/instant.ts';
import { itemsAnswer, jsonAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import type { Call } from './call.ts';

export async function listSignals({ application }: Call<'signals'>): Promise<Answer> {
  return itemsAnswer(
    await application.signals.standing(),
    ({ zone, severity, t }) => ({ zone, severity, t }),
    null,
  );
}

export async function reportSignal({ application, principal, body }: Call<'reportSignal'>): Promise<Answer> {
  const { zone, severity, t } = await application.signals.report(principal, {
    zone: body.zone,
    severity: body.severity,
    ...(body.t === undefined ? {} : { t: epochMs(body.t) }),
  });
  return jsonAnswer({ zone, severity, t }, 202);
}
