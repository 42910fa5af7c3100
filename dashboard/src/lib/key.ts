// The key that the dashboard asks with: kept in this browser, sent with every request, forgotten on demand.

const STORAGE_KEY = 'seamtrace.key'

export const storedKey = (): string | null => {
  try {
    return localStorage.getItem(STORAGE_KEY)
  } catch {
    // Storage may be blocked.
    return null
  }
}

/** Gives false where the browser keeps nothing. */
export const keepKey = (key: string): boolean => {
  try {
    localStorage.setItem(STORAGE_KEY, key)
    return true
  } catch {
    return false
  }
}

export const forgetKey = (): void => {
  try {
    localStorage.removeItem(STORAGE_KEY)
  } catch {
    // Then there is nothing to forget.
  }
}

/** What a header cannot carry is no key, and would make every request fail in a way that says nothing. */
export const isSendable = (key: string): boolean => /^[\x21-\x7e]{1,512}$/.test(key)

export const keyHeaders = (): Record<string, string> => {
  const key = storedKey()
  return key !== null && isSendable(key) ? { Authorization: `Bearer ${key}` } : {}
}
