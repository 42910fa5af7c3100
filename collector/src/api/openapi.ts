// The OpenAPI 3.1 document, made from the schemas of the contract.
import { ENDPOINTS, type Endpoint, Problem } from '@seamtrace/schema'
import { z } from 'zod'

type JsonSchema = Pick<z.core.JSONSchema.JSONSchema, 'properties' | 'required'>

/** @param version of the collector */
export const openApiDocument = (version: string) => ({
  openapi: '3.1.0',
  info: { title: 'Seamtrace', version, description: 'Where reliability leaks in agent pipelines: which seam, why, and at what cost.' },
  servers: [{ url: '/api/v1' }],
  paths: Object.fromEntries(
    [...Map.groupBy(Object.entries<Endpoint>(ENDPOINTS), ([, { path }]) => path)].map(([path, ofPath]) => [
      openApiPath(path),
      Object.fromEntries(ofPath.map(([name, endpoint]) => [(endpoint.method ?? 'GET').toLowerCase(), operationOf(name, endpoint)])),
    ]),
  ),
  components: { schemas: { Problem: jsonSchemaOf(Problem, 'output') }, securitySchemes: SECURITY },
})

/** Either will do; while there is no key and the collector listens on loopback, neither is needed. */
const SECURITY = {
  bearer: { type: 'http', scheme: 'bearer' },
  header: { type: 'apiKey', in: 'header', name: 'x-seamtrace-key' },
}

const openApiPath = (path: string): string => path.replaceAll(/:(\w+)/g, '{$1}')

const operationOf = (name: string, { method, role, summary, params, query, body, response }: Endpoint) => ({
  operationId: name,
  summary,
  description: `Needs a key with role ${role}${role === 'read' ? ' or admin' : ''}.`,
  security: [{ bearer: [] }, { header: [] }],
  parameters: [...parametersOf(params, 'path'), ...parametersOf(query, 'query')],
  ...(body && { requestBody: { required: true, content: { 'application/json': { schema: jsonSchemaOf(body, 'input') } } } }),
  responses: {
    [method === 'POST' ? 201 : 200]: {
      description: summary,
      content: { 'application/json': { schema: jsonSchemaOf(response, 'output') } },
    },
    default: {
      description: 'What went wrong',
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  },
})

/** As input: what a client may leave out because it has a default is not required. */
const parametersOf = (schema: z.ZodObject, place: 'path' | 'query') => {
  const { properties = {}, required = [] } = jsonSchemaOf(schema, 'input')
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: property,
  }))
}

const jsonSchemaOf = (schema: z.ZodType, io: 'input' | 'output'): JsonSchema => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io })
  return rest
}
