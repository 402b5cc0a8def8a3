import type { Command } from './command.ts';
import { backup, restore } from './commands/backup.ts';
import { deviceCheck } from './commands/device.ts';
import { doctor } from './commands/doctor.ts';
import { exportData } from './commands/export.ts';
import { ledger } from './commands/ledger.ts';
import { load } from './commands/load.ts';
import { quarantineList, quarantineReplay, quarantineShow } from './commands/quarantine.ts';
import { rebuild } from './commands/rebuild.ts';
import { replay } from './commands/replay.ts';
import { rulesActivate, rulesList, rulesShow } from './commands/rule-sets.ts';
import { rulesBacktest } from './commands/rules-backtest.ts';
import { qualityExplain } from './commands/quality-explain.ts';
import { rulesExplain } from './commands/rules-explain.ts';
import { rulesCheck, rulesTest } from './commands/rules.ts';
import { signalLift, signalList, signalReport } from './commands/signal.ts';
import { sim } from './commands/sim.ts';
import { siteApply, siteDiff, siteRollback, siteValidate, siteVersions } from './commands/site.ts';
import { start } from './commands/start.ts';
import { stationEnrol, stationRevoke, stationRotate } from './commands/station.ts';
import { tokenCreate } from './commands/token.ts';
import { userAdd, userChange, userDisable, userEnable, userList, userPassword } from './commands/user.ts';

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  start,
  doctor,
  ledger,
  quarantineList,
  quarantineShow,
  quarantineReplay,
  stationEnrol,
  stationRotate,
  stationRevoke,
  tokenCreate,
  userAdd,
  userList,
  userChange,
  userPassword,
  userDisable,
  userEnable,
  siteValidate,
  siteDiff,
  siteApply,
  siteVersions,
  siteRollback,
  rulesCheck,
  rulesTest,
  rulesBacktest,
  rulesActivate,
  rulesList,
  rulesShow,
  rulesExplain,
  qualityExplain,
  signalReport,
  signalLift,
  signalList,
  sim,
  replay,
  load,
  deviceCheck,
  rebuild,
  exportData,
  backup,
  restore,
];
