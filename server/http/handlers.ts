import { explainAlarm, listAlarms, showAlarm } from './alarm-handlers.ts';
import { listBasins } from './basin-handler.ts';
import type { Handler } from './call.ts';
import { showDistrict } from './district-handler.ts';
import { auditLedger, showLedger } from './ledger-handlers.ts';
import { readObservations, submitObservations } from './observation-handlers.ts';
import { answerHealth, answerMetrics, answerOpenApi, answerReadiness } from './probe-handlers.ts';
import { listQuarantine, replayQuarantine, showQuarantineItem } from './quarantine-handlers.ts';
import { explainQuality } from './quality-handler.ts';
import { listRuleGaps, listRules } from './rule-handlers.ts';
import type { RouteId } from './routes.ts';
import { changePassword, logIn, logOut, whoAmI } from './session-handlers.ts';
import { listSignals, reportSignal } from './signal-handlers.ts';
import { openStream } from './stream-handler.ts';
import { explainPoint, showWatchedDay } from './watch-handlers.ts';
import { listLatest, listStations, showStation } from './station-handlers.ts';

/** Who answers which route. */
export const HANDLERS: { readonly [Id in RouteId]: Handler<Id> } = {
  healthz: answerHealth,
  readyz: answerReadiness,
  metrics: answerMetrics,
  openapi: answerOpenApi,
  logIn,
  whoAmI,
  logOut,
  changePassword,
  district: showDistrict,
  stations: listStations,
  station: showStation,
  signals: listSignals,
  reportSignal,
  stream: openStream,
  latest: listLatest,
  observations: readObservations,
  quality: explainQuality,
  pointReasons: explainPoint,
  watchedDay: showWatchedDay,
  submit: submitObservations,
  alarms: listAlarms,
  alarm: showAlarm,
  alarmReasons: explainAlarm,
  rules: listRules,
  ruleGaps: listRuleGaps,
  basins: listBasins,
  ledger: showLedger,
  ledgerAudit: auditLedger,
  quarantine: listQuarantine,
  quarantineItem: showQuarantineItem,
  quarantineReplay: replayQuarantine,
};
