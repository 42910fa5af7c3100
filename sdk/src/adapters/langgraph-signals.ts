// Recognizes what LangGraph throws or returns to steer a graph, without importing LangGraph.

interface BubbleUp extends Error {
  readonly is_bubble_up: true
}

const isBubbleUp = (error: unknown): error is BubbleUp => error instanceof Error && 'is_bubble_up' in error && error.is_bubble_up === true

/** A node asked for input, or the graph was drained: it stops here and goes on later. */
export const isGraphPause = (error: unknown): boolean =>
  isBubbleUp(error) && (error.name === 'GraphInterrupt' || error.name === 'NodeInterrupt' || error.name === 'GraphDrained')

/** A node of a subgraph handed control to the parent graph. */
export const isGraphCommand = (error: unknown): error is BubbleUp & { command: unknown } =>
  isBubbleUp(error) && error.name === 'ParentCommand' && 'command' in error

/** A result with open interrupts, as `invoke` returns it. */
export const isInterruptedResult = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  '__interrupt__' in value &&
  Array.isArray(value.__interrupt__) &&
  value.__interrupt__.length > 0

/** What a graph throws, besides the reason itself, once its signal is aborted: a plain error that only its message tells. */
export const isGraphAbort = (error: unknown): boolean =>
  error instanceof Error && (error.message === 'Abort' || error.message === 'Aborted')
