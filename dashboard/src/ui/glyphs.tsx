// Marks whose shape carries meaning: the gap shapes (why) and the layer dots (where).
import { GAPS, type Gap, type Layer } from '@seamtrace/schema'

export type GapOrNone = Gap | 'unclassified'
export const ALL_GAPS: readonly GapOrNone[] = [...GAPS, 'unclassified']

/** Shapes in a 12 × 12 box: state a half disc, control a diamond, error a triangle, tool a square, unclassified a ring. */
export const GapShape = ({ gap }: { gap: GapOrNone }) => {
  const line = { fill: 'none', stroke: 'currentColor', strokeWidth: 1.4 }
  switch (gap) {
    case 'state':
      return (
        <>
          <circle cx={6} cy={6} r={4.6} {...line} />
          <path d="M6 1.4a4.6 4.6 0 0 0 0 9.2Z" fill="currentColor" />
        </>
      )
    case 'control':
      return <path d="M6 1 11 6 6 11 1 6Z" {...line} strokeLinejoin="round" />
    case 'error':
      return <path d="M6 1.6 11 10.4H1Z" {...line} strokeLinejoin="round" />
    case 'tool':
      return (
        <>
          <rect x={1.4} y={1.4} width={9.2} height={9.2} rx={1} {...line} />
          <rect x={3.9} y={3.9} width={4.2} height={4.2} fill="currentColor" />
        </>
      )
    case 'unclassified':
      return <circle cx={6} cy={6} r={4.4} {...line} strokeDasharray="1.6 1.8" />
  }
}

export const GapGlyph = ({ gap, className = '' }: { gap: GapOrNone; className?: string }) => (
  <svg viewBox="0 0 12 12" className={`inline-block size-[0.86em] shrink-0 align-[-0.04em] ${className}`} aria-hidden="true">
    <GapShape gap={gap} />
  </svg>
)

export const GapName = ({ gap }: { gap: GapOrNone }) => (
  <span className="inline-flex items-center gap-1.5 whitespace-nowrap">
    <GapGlyph gap={gap} />
    {gap}
  </span>
)

export const layerColor = (layer: Layer): string => `var(--layer-${layer})`

export const LayerDot = ({ layer }: { layer: Layer }) => (
  <span className="inline-block size-2 shrink-0 rounded-[3px]" style={{ background: layerColor(layer) }} aria-hidden="true" />
)

export const LayerName = ({ layer }: { layer: Layer }) => (
  <span className="inline-flex items-center gap-1.5 whitespace-nowrap">
    <LayerDot layer={layer} />
    {layer}
  </span>
)
