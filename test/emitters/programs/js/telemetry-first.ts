// Starts the telemetry when imported: for libraries that ask for their tracer while they load, with a copy of the API of their own.
import { startTelemetry } from './frame.ts'

export const telemetry = startTelemetry()
