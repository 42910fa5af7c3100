// The table of scenarios and of their negative controls.
import { CONTROLS } from './controls.ts'
import type { Scenario } from './scenario.ts'
import { ackLoss } from './scenarios/ack-loss.ts'
import { clocks } from './scenarios/clocks.ts'
import { crashPoints } from './scenarios/crash-points.ts'
import { damage } from './scenarios/damage.ts'
import { diskFullEngine, diskFullSpool } from './scenarios/disk-full.ts'
import { engineKills, kills } from './scenarios/kills.ts'
import { malformed } from './scenarios/malformed.ts'
import { overload } from './scenarios/overload.ts'
import { pauses } from './scenarios/pauses.ts'
import { sigterm } from './scenarios/sigterm.ts'
import { storeFaults } from './scenarios/store-faults.ts'
import { tornParts } from './scenarios/torn-parts.ts'

export { CONTROLS }
/** The longest first, so that none of them is left alone at the end. */
export const SCENARIOS: Scenario[] = [
  malformed,
  storeFaults,
  crashPoints,
  ackLoss,
  damage,
  sigterm,
  pauses,
  engineKills,
  diskFullEngine,
  diskFullSpool,
  tornParts,
  clocks,
  kills,
  overload,
]
