// Where spans came from, resource and scope, as one text: spans of one program have the same, so the table keeps it in a dictionary.
import type { Attributes, Origin } from '@seamtrace/schema'
import { mergeAttributes, splitAttributes, type TextMap } from './cells.ts'

/** What the text holds, as JSON without what is empty. Values that are no strings stand in the second map of each, as OTLP/JSON. */
type OriginJson = {
  resource: TextMap
  resource_typed: TextMap
  resource_schema_url: string
  scope_name: string
  scope_version: string
  scope_attributes: TextMap
  scope_attributes_typed: TextMap
  scope_schema_url: string
}

type Known = Omit<Origin, 'resource' | 'scopeAttributes'> & { text: string }

// The spans of one scope of a request share both maps; the resource is the same for several scopes.
const knownOrigins = new WeakMap<Attributes, WeakMap<Attributes, Known>>()

/** The text that is stored for the origin of a span, made once for all spans of a scope. */
export const originText = (span: Origin): string => {
  const ofResource = knownOrigins.get(span.resource) ?? new WeakMap<Attributes, Known>()
  knownOrigins.set(span.resource, ofResource)
  const known = ofResource.get(span.scopeAttributes)
  if (known && isSame(known, span)) return known.text
  const { resourceSchemaUrl, scopeName, scopeVersion, scopeSchemaUrl } = span
  const made = { resourceSchemaUrl, scopeName, scopeVersion, scopeSchemaUrl, text: JSON.stringify(withoutEmpty(toJson(span))) }
  ofResource.set(span.scopeAttributes, made)
  return made.text
}

const isSame = (known: Known, span: Origin): boolean =>
  known.scopeName === span.scopeName &&
  known.scopeVersion === span.scopeVersion &&
  known.scopeSchemaUrl === span.scopeSchemaUrl &&
  known.resourceSchemaUrl === span.resourceSchemaUrl

const toJson = (origin: Origin): OriginJson => {
  const [resource, resourceTyped] = splitAttributes(origin.resource)
  const [scopeAttributes, scopeAttributesTyped] = splitAttributes(origin.scopeAttributes)
  return {
    resource,
    resource_typed: resourceTyped,
    resource_schema_url: origin.resourceSchemaUrl.toWellFormed(),
    scope_name: origin.scopeName.toWellFormed(),
    scope_version: origin.scopeVersion.toWellFormed(),
    scope_attributes: scopeAttributes,
    scope_attributes_typed: scopeAttributesTyped,
    scope_schema_url: origin.scopeSchemaUrl.toWellFormed(),
  }
}

// Every span brings the text along until it is stored: what says nothing is left out.
const withoutEmpty = (json: OriginJson): Partial<OriginJson> =>
  Object.fromEntries(Object.entries(json).filter(([, value]) => !isEmpty(value)))
const isEmpty = (value: string | TextMap): boolean => (typeof value === 'string' ? value === '' : Object.keys(value).length === 0)

const nowhere: OriginJson = {
  resource: {},
  resource_typed: {},
  resource_schema_url: '',
  scope_name: '',
  scope_version: '',
  scope_attributes: {},
  scope_attributes_typed: {},
  scope_schema_url: '',
}

const MAX_REMEMBERED = 64
const MAX_REMEMBERED_LENGTH = 64 * 1024
const remembered = new Map<string, Origin>()

/** The origin that a text tells of; '' for one that was not read. Spans of equal texts share its maps: they are not to be changed. */
export const originOf = (text: string): Origin => {
  const known = remembered.get(text)
  if (known) return known
  const json: OriginJson = text === '' ? nowhere : { ...nowhere, ...(JSON.parse(text) as Partial<OriginJson>) }
  const origin: Origin = {
    resource: mergeAttributes(json.resource, json.resource_typed),
    resourceSchemaUrl: json.resource_schema_url,
    scopeName: json.scope_name,
    scopeVersion: json.scope_version,
    scopeAttributes: mergeAttributes(json.scope_attributes, json.scope_attributes_typed),
    scopeSchemaUrl: json.scope_schema_url,
  }
  if (text.length > MAX_REMEMBERED_LENGTH) return origin
  if (remembered.size >= MAX_REMEMBERED) remembered.clear()
  remembered.set(text, origin)
  return origin
}
