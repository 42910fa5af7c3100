// What the walk through the spans of a run remembers, where it is, and how a new unit is put there.
import type { Layer, LayerRule, RecognizedSpan } from '@seamtrace/schema'
import type { Causes } from './causes.ts'
import type { RetryPlan } from './retry-plan.ts'
import type { Targets } from './transfers.ts'
import type { Node } from './tree.ts'
import type { Unit, UnitAttempt } from './unit.ts'

/** What the walk remembers, so that no unit has to look through its siblings. */
export type Building = {
  latest: Map<Unit, Map<string, Unit>>
  lastStep: Map<Unit, Unit>
  visits: Map<number, Map<string, number>>
  /** units of the same name in the same place share a number: their names in a row would be as long as the trace is deep */
  places: Map<Unit, number>
  placeOfName: Map<number, Map<string, number>>
  placeCount: number
  /** by the span around it, what told of the same call again last */
  inner: Map<Node, RecognizedSpan>
  run: Unit
  mostHidden: number
  targets: Targets
  causes: Causes
  /** of agents that are shown by their turns alone, the one whose turn was last, by what is around them */
  inCharge: Map<Unit, Unit>
  /** agents beside the one that let them take over, which may be the run itself */
  tookOver: Set<Unit>
}

/** Where the walk is: the innermost unit, the number of its attempt, and the try of a `retry` around calls, if any. */
export type Place = { unit: Unit; attempt: number; tries: { plan: RetryPlan; unit: Unit | null; before: number; number: number } | null }

export const inside = (unit: Unit, attempt = unit.attempts.length): Place => ({ unit, attempt, tries: null })

const keyOf = (kind: Unit['kind'], type: string, name: string): string => `${kind === 'step' ? kind : type}\u0000${name}`

/** A model or tool call lives in the layer of its step, unless it says otherwise itself. */
const layerFor = (parent: Unit, span: RecognizedSpan, type: Unit['type']): { layer: Layer; layerRule: LayerRule } => {
  const own = span.layerRule === 'explicit' || span.layerRule === 'project'
  const inherits = type === 'retry' || ((type === 'model' || type === 'tool') && !own)
  return inherits && parent.kind !== 'run'
    ? { layer: parent.layer, layerRule: 'inherited' }
    : { layer: span.layer, layerRule: span.layerRule }
}

/** The map behind a key, made where there is none: two maps take half as long as one of keys that are put together. */
const within = <Key, Inner>(maps: Map<Key, Map<string, Inner>>, key: Key): Map<string, Inner> => {
  const known = maps.get(key)
  if (known) return known
  const inner = new Map<string, Inner>()
  maps.set(key, inner)
  return inner
}

const placeFor = (building: Building, around: number, name: string): number => {
  const places = within(building.placeOfName, around)
  const known = places.get(name)
  if (known !== undefined) return known
  building.placeCount++
  places.set(name, building.placeCount)
  return building.placeCount
}

type NewUnit = { kind: Unit['kind']; type: Unit['type']; name: string; attempts: UnitAttempt[]; span: RecognizedSpan }

export const addUnit = (building: Building, { unit: parent }: Place, { kind, type, name, attempts, span }: NewUnit): Unit => {
  const key = keyOf(kind, type, name)
  const around = building.places.get(parent) ?? 0
  const visits = within(building.visits, around)
  const visit = (visits.get(key) ?? 0) + 1
  visits.set(key, visit)
  const layer = layerFor(parent, span, type)
  const unit: Unit = {
    kind,
    type,
    name,
    ...layer,
    agent: span.agent,
    visit,
    parent,
    children: [],
    attempts,
    spans: [span],
    handoffs: [],
    step: null,
    outermost: null,
    causes: [],
  }
  parent.children.push(unit)
  building.places.set(unit, placeFor(building, around, name))
  within(building.latest, parent).set(key, unit)
  if (kind === 'step') building.lastStep.set(parent, unit)
  return unit
}

export const latestOf = (building: Building, place: Place, kind: Unit['kind'], type: string, name: string): Unit | undefined =>
  building.latest.get(place.unit)?.get(keyOf(kind, type, name))

/** A refused inference may be told without its model, by the name of its span: the next try says which it was. */
export const rename = (building: Building, parent: Unit, unit: Unit, name: string): void => {
  const latest = building.latest.get(parent)
  latest?.delete(keyOf(unit.kind, unit.type, unit.name))
  latest?.set(keyOf(unit.kind, unit.type, name), unit)
  unit.name = name
}
