// Copies a text and says so.
import { Check, Copy } from 'lucide-react'
import { useState } from 'react'

export const CopyButton = ({ text, label }: { text: string; label: string }) => {
  const [copied, setCopied] = useState(false)
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
      setCopied(true)
      setTimeout(() => setCopied(false), 1500)
    } catch {
      // Without a secure context there is no clipboard; the text can still be selected.
    }
  }
  const Icon = copied ? Check : Copy
  return (
    <button
      type="button"
      onClick={copy}
      aria-label={copied ? 'copied' : label}
      title={label}
      className="inline-flex size-6 items-center justify-center rounded text-ink-3 hover:bg-hover hover:text-ink"
    >
      <Icon className="size-3.5" aria-hidden="true" />
    </button>
  )
}
