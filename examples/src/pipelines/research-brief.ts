// A research agent that writes briefs from a vector store: LangGraph, OpenAI, a critic that sends drafts back, a person at the end.
import { Annotation, END, START, StateGraph } from '@langchain/langgraph'
import { check, human, retrieval, tool } from '@seamtrace/sdk'
import { instrumentGraph } from '@seamtrace/sdk/langgraph'
import type OpenAI from 'openai'
import { askModel } from './ask-model.ts'
import { postForText } from './http.ts'

export type ResearchServices = {
  openai: OpenAI
  searchUrl: string
  reviewer: (draft: { questionId: string; title: string }) => Promise<{ decision: string }>
}

export type ResearchQuestion = { runId: string; questionId: string; text: string }

type Passage = { id: string; score: number; metadata: { text: string } }
type Draft = { title: string; text: string; number: number }
type Judgement = { grounded: boolean; score: number; reason: string }

const State = Annotation.Root({
  question: Annotation<ResearchQuestion>,
  passages: Annotation<Passage[]>,
  draft: Annotation<Draft>,
  judgement: Annotation<Judgement>,
  published: Annotation<boolean>,
})
type StateOf = typeof State.State

/** The sources that every brief is to draw on. */
const NAMESPACES = ['journal', 'archive'] as const
const MAX_DRAFTS = 3
const GOOD_SCORE = 0.7

export const compileResearchBrief = (services: ResearchServices) =>
  new StateGraph(State)
    .addNode('retrieve', (state: StateOf) => retrieve(services, state))
    .addNode('synthesize', (state: StateOf) => synthesize(services, state))
    .addNode('verify', (state: StateOf) => verify(services, state))
    .addNode('human_review', (state: StateOf) => humanReview(services, state))
    .addNode('publish', publish)
    .addEdge(START, 'retrieve')
    .addEdge('retrieve', 'synthesize')
    .addEdge('synthesize', 'verify')
    .addConditionalEdges('verify', afterVerify, ['synthesize', 'human_review', 'publish'])
    .addEdge('human_review', 'publish')
    .addEdge('publish', END)
    .compile()

export type ResearchBrief = ReturnType<typeof compileResearchBrief>

export const runResearchBrief = async (graph: ResearchBrief, question: ResearchQuestion): Promise<void> => {
  const app = instrumentGraph(graph, {
    pipeline: 'research-brief',
    version: '1.8.2',
    runId: question.runId,
    needs: { synthesize: ['question', 'passages'], publish: ['draft'] },
  })
  await app.invoke({ question })
}

const retrieve = async (services: ResearchServices, { question }: StateOf) => {
  const found: Passage[] = []
  for (const namespace of NAMESPACES) found.push(...(await searchWithRetry(services, namespace, `${question.questionId} ${question.text}`)))
  if (found.length === 0) throw new Error('no passages found for the question')
  return { passages: found }
}

/** Asks twice, then goes on without. */
const searchWithRetry = async (services: ResearchServices, namespace: string, text: string): Promise<Passage[]> => {
  for (let attempt = 1; attempt <= 2; attempt++) {
    try {
      return await search(services, { namespace, text, topK: 4 })
    } catch {
      // The second try may do better; and if not, the other namespaces have passages too.
    }
  }
  return []
}

const search = ({ searchUrl }: ResearchServices, query: { namespace: string; text: string; topK: number }): Promise<Passage[]> =>
  retrieval('vector_search', { input: query }, async () => {
    const answer = await postForText(`${searchUrl}/query`, query)
    return (JSON.parse(answer) as { matches: Passage[] }).matches
  })

const synthesize = async ({ openai }: ResearchServices, { question, passages, draft, judgement }: StateOf) => {
  const number = (draft?.number ?? 0) + 1
  const brief = await askModel<{ title: string; text: string }>(openai, {
    model: 'gpt-5-mini',
    schema: 'brief',
    system: 'Write a brief from the passages, with sources.',
    input: {
      question: question.questionId,
      draft: number,
      complaint: judgement?.reason,
      passages: passages.map(({ metadata }) => metadata.text),
    },
  })
  return { draft: { ...brief, number } }
}

const verify = async ({ openai }: ResearchServices, { question, draft, passages }: StateOf) => {
  const judgement = await askModel<Judgement>(openai, {
    model: 'gpt-4.1-mini',
    schema: 'judgement',
    system: 'Judge whether every claim of the draft has a source.',
    input: { question: question.questionId, draft: draft.number, text: draft.text, sources: passages.map(({ id }) => id) },
  })
  check('draft_quality', { of: 'synthesize' }, () => ({ pass: isGood(judgement), score: judgement.score, reason: judgement.reason }))
  if (draft.number >= MAX_DRAFTS && !judgement.grounded)
    throw new Error(`draft ${draft.number} was rejected and no further draft is allowed: ${judgement.reason}`)
  return { judgement }
}

const isGood = ({ grounded, score }: Judgement) => grounded && score >= GOOD_SCORE

const afterVerify = ({ judgement, draft }: StateOf) => {
  if (isGood(judgement)) return 'publish'
  return draft.number < MAX_DRAFTS ? 'synthesize' : 'human_review'
}

const humanReview = async ({ reviewer }: ResearchServices, { question, draft }: StateOf) => {
  const { decision } = await human('editor', { type: 'review', requestId: question.questionId }, () =>
    reviewer({ questionId: question.questionId, title: draft.title }),
  )
  if (decision === 'rejected') throw new Error('the editor rejected the brief')
  return {}
}

const publish = async ({ draft, passages }: StateOf) => {
  await tool('publish_brief', { input: { title: draft.title }, sideEffect: true }, () => ({ published: true }))
  check('grounding', { of: 'result' }, () => {
    const covered = NAMESPACES.filter((namespace) => passages.some(({ id }) => id.startsWith(`${namespace}-`)))
    const missing = NAMESPACES.filter((namespace) => !covered.includes(namespace))
    return {
      pass: missing.length === 0,
      score: covered.length / NAMESPACES.length,
      reason: missing.length ? `nothing from ${missing.join(', ')}` : 'all sources used',
    }
  })
  return { published: true }
}
