// What the reader of a guide has already: the names that its code uses without making them.
type Order = { id: number; amount: number }

declare const order: Order
declare const findOrder: (id: number) => Promise<Order>
declare const fetchOrder: (id: number, signal?: AbortSignal) => Promise<Order>
declare const refund: (order: Order) => Promise<Order>
declare const decide: (order: Order) => Order
declare const work: (event: { orderId: string }) => Promise<string>
declare const think: (signal: AbortSignal) => Promise<{ text: string; tokens: number }>
declare const db: { save(request: import('@seamtrace/sdk').HumanRequest): Promise<void> }
declare const id: number

declare const apiKey: string
declare const prompt: string
declare const query: string
declare const runId: string
declare const sessionId: string
declare const seamtraceRunId: string
declare const model: import('ai').LanguageModel
declare const workflow: import('@langchain/langgraph').StateGraph<{ ticket: string }>
declare const databaseUrl: string
type Found = { hits: { id: string; score: number; text: string }[] }
declare const store: {
  search(query: string, topK: number): Promise<Found>
  asRetriever(options: { k: number }): import('@langchain/core/retrievers').BaseRetriever
}

/** Not packages of this workspace: as much of them as the guides use. */
declare module '@opentelemetry/sdk-node' {
  export class NodeSDK {
    constructor(options: { spanProcessors: import('@opentelemetry/sdk-trace-base').SpanProcessor[] })
    start(): void
  }
}
declare module '@langchain/langgraph-checkpoint-postgres' {
  export const PostgresSaver: { fromConnString(url: string): import('@langchain/langgraph').MemorySaver }
}
