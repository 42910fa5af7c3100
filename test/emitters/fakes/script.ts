// What the fake model is to answer, request after request, in no vendor's words; and what it did answer.

export type Usage = { input: number; output: number; cached: number; reasoning: number }
export type ToolCall = { name: string; arguments: Record<string, unknown> }

export type ScriptedAnswer = {
  /** only for a request whose body holds this text */
  match?: string
  text?: string
  tools?: ToolCall[]
  /** an HTTP status from 400 on makes it an error */
  status?: number
  message?: string
  /** how work in the background ends, other than with an answer */
  ends?: 'failed' | 'budget_exceeded'
  /** the vendor's code of the error */
  code?: string
  /** the model declines to answer, in these words */
  refusal?: string
  /** why the answer ended; default as fits the answer */
  finish?: 'length' | 'content_filter'
  usage?: Partial<Usage>
}

/** `unused` answers were not asked for; `beyond` requests found none */
export type Served = { requests: number; errors: number; tokens: Usage; unused: number; beyond: number }

const DEFAULT_USAGE: Usage = { input: 100, output: 20, cached: 0, reasoning: 0 }

export const usageOf = (answer: ScriptedAnswer): Usage => ({ ...DEFAULT_USAGE, ...answer.usage })

export type Script = {
  /** the first answer not taken yet that fits the request; null when there is none */
  take(body: string): ScriptedAnswer | null
  served(): Served
}

const isError = (answer: ScriptedAnswer): boolean => (answer.status ?? 200) >= 400

export const scriptOf = (answers: readonly ScriptedAnswer[]): Script => {
  const left = [...answers]
  const served: Served = { requests: 0, errors: 0, tokens: { input: 0, output: 0, cached: 0, reasoning: 0 }, unused: 0, beyond: 0 }
  const count = (answer: ScriptedAnswer): void => {
    if (isError(answer)) {
      served.errors += 1
      return
    }
    const { input, output, cached, reasoning } = usageOf(answer)
    served.tokens.input += input
    served.tokens.output += output
    served.tokens.cached += cached
    served.tokens.reasoning += reasoning
  }
  return {
    take(body) {
      served.requests += 1
      const index = left.findIndex(({ match }) => match === undefined || body.includes(match))
      const [answer] = index < 0 ? [] : left.splice(index, 1)
      if (answer) count(answer)
      else served.beyond += 1
      return answer ?? null
    },
    served: () => ({ ...served, unused: left.length }),
  }
}
