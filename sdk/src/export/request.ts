// What is sent: one OTLP request as bytes, and how many spans or log records it holds.

export type Signal = 'traces' | 'logs'

export interface ExportRequest {
  signal: Signal
  /** protobuf */
  body: Uint8Array
  items: number
  /** of what soon is told again: it is not worth keeping many */
  about?: 'runs'
}
