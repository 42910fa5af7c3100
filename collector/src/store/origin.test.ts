// The origin of a span survives its text.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { originOf, originText } from './origin.ts'
import { span } from './span.fixture.ts'

const origin = span.map(({ resource, resourceSchemaUrl, scopeName, scopeVersion, scopeAttributes, scopeSchemaUrl }) => ({
  resource,
  resourceSchemaUrl,
  scopeName,
  scopeVersion,
  scopeAttributes,
  scopeSchemaUrl,
}))

describe('originText', () => {
  it('gives the same origin back', () => {
    fc.assert(
      fc.property(origin, (given) => {
        expect(originOf(originText(given))).toEqual(given)
      }),
      { numRuns: 300 },
    )
  })

  it('keeps apart what differs in one value only, although the maps are shared', () => {
    const maps = { resource: new Map([['resource', '']]), scopeAttributes: new Map() }
    const base = { ...maps, resourceSchemaUrl: '', scopeName: 'a', scopeVersion: '', scopeSchemaUrl: '' }
    const others = [
      base,
      { ...base, scopeName: 'b' },
      { ...base, scopeVersion: '1' },
      { ...base, scopeSchemaUrl: 'u' },
      { ...base, resourceSchemaUrl: 'u' },
    ]
    expect(others.map((each) => originOf(originText(each)))).toEqual(others)
    expect(originText(base)).toBe('{"resource":{"resource":""},"scope_name":"a"}')
  })

  it('takes the text of nothing for an origin without a name', () => {
    expect(originOf('')).toMatchObject({ resource: new Map(), scopeName: '' })
  })
})
