// The pipelines by their names.
import { runAiSdk } from './pipelines/ai-sdk.ts'
import { runLangGraph } from './pipelines/langgraph.ts'
import { runMcp } from './pipelines/mcp.ts'
import { runSdk } from './pipelines/sdk.ts'
import type { PipelineName } from './truth.ts'
import type { Job } from './world.ts'

export type Pipelines = Partial<Record<PipelineName, (job: Job) => Promise<unknown>>>

/** As most programs are: with our SDK, our adapter of LangGraph, and the instrumentation that others have for the rest. */
export const PIPELINES: Pipelines = {
  sdk: runSdk,
  langgraph: runLangGraph,
  mcp: runMcp,
  'ai-sdk': runAiSdk,
}
