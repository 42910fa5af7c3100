import { describe, expect, it } from 'vitest'
import { withMainText, withSection } from './document.ts'

describe('the document of benchmarks', () => {
  it('keeps its sections when the main text is written anew', () => {
    const document = withSection(withSection('# Benchmarks\n\nold', 'one', 'first $& text'), 'two', 'second')
    const renewed = withMainText(document, '# Benchmarks\n\nnew')
    expect(renewed).toContain('first $& text')
    expect(renewed).toContain('second')
    expect(renewed).not.toContain('old')
    expect(withMainText(renewed, '# Benchmarks\n\nnew')).toBe(renewed)
  })

  it('replaces one section and leaves the others', () => {
    const document = withSection(withSection('# Benchmarks\n', 'one', 'first'), 'two', 'second')
    const renewed = withSection(document, 'one', 'other')
    expect(renewed).toBe(document.replace('first', 'other'))
    expect(withSection(renewed, 'one', 'other')).toBe(renewed)
  })
})
