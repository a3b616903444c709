import type { Draft, Stage, StageContext, StageResult } from './draft.ts';
import { admitRestrictedJoin } from './stages/admit-restricted-join.ts';
import { authoriseEvent } from './stages/authorise-event.ts';
import { build } from './stages/build.ts';
import { changeState } from './stages/change-state.ts';
import { checkAliases } from './stages/check-aliases.ts';
import { checkStateContent } from './stages/check-state-content.ts';
import { findRedactionTarget } from './stages/find-redaction-target.ts';
import { judgeMembership } from './stages/judge-membership.ts';
import { loadState } from './stages/load-state.ts';
import { recogniseDeparture } from './stages/recognise-departure.ts';
import { recogniseSameState } from './stages/recognise-same-state.ts';
import { recogniseTransaction } from './stages/recognise-transaction.ts';
import { refuseEntry } from './stages/refuse-entry.ts';
import { writeRows } from './stages/write-rows.ts';

/** The way of a local event into its room. */
const stages: readonly Stage[] = [
  recogniseTransaction,
  refuseEntry,
  checkStateContent,
  loadState,
  recogniseDeparture,
  admitRestrictedJoin,
  authoriseEvent,
  judgeMembership,
  recogniseSameState,
  checkAliases,
  findRedactionTarget,
  build,
  changeState,
  writeRows,
];

/** Sends a draft through all stages. Without a result it has a commit, and the room's tip is what the commit will leave. */
export async function runStages(draft: Draft, context: StageContext): Promise<StageResult> {
  for (const stage of stages) {
    const result = stage(draft, context);
    const ended = result instanceof Promise ? await result : result;
    if (ended !== undefined) return ended;
  }
  return undefined;
}
