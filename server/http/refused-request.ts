import { AppError } from '../../domain/errors.ts';
import type { RefusalReason } from '../../domain/ports/identity.ts';

type Code =
  | 'rate_limited'
  | 'method_not_allowed'
  | 'shutting_down'
  | 'login_failed'
  | 'password_wrong'
  | 'cross_origin';

const RETRYABLE: readonly Code[] = ['rate_limited', 'shutting_down'];

/** An error with headers of its own for the answer, and with its own count where the status does not say it all. */
export class RefusedRequest extends AppError {
  readonly headers: Readonly<Record<string, string>>;
  readonly refusal: { readonly principal: string; readonly reason: RefusalReason } | undefined;

  constructor(
    code: Code,
    message: string,
    headers: RefusedRequest['headers'],
    refusal?: RefusedRequest['refusal'],
  ) {
    super(code, message, { retryable: RETRYABLE.includes(code) });
    this.headers = headers;
    this.refusal = refusal;
  }
}
