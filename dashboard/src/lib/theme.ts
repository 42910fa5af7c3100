// Light or dark: what is set on <html>, kept in localStorage, following the system until the user decides.
import { useEffect, useState } from 'react'

export type Theme = 'light' | 'dark'
const STORAGE_KEY = 'seamtrace.theme'

const currentTheme = (): Theme => (document.documentElement.dataset.theme === 'dark' ? 'dark' : 'light')

const store = (theme: Theme) => {
  try {
    localStorage.setItem(STORAGE_KEY, theme)
  } catch {
    // Storage may be blocked; the choice then lasts as long as the page.
  }
}

const isStored = (): boolean => {
  try {
    return localStorage.getItem(STORAGE_KEY) !== null
  } catch {
    return false
  }
}

export const useTheme = (): { theme: Theme; toggle: () => void } => {
  const [theme, setTheme] = useState(currentTheme)
  useEffect(() => {
    document.documentElement.dataset.theme = theme
  }, [theme])
  useEffect(() => {
    const system = matchMedia('(prefers-color-scheme: dark)')
    const follow = () => !isStored() && setTheme(system.matches ? 'dark' : 'light')
    system.addEventListener('change', follow)
    return () => system.removeEventListener('change', follow)
  }, [])
  const toggle = () => {
    const next = theme === 'dark' ? 'light' : 'dark'
    store(next)
    setTheme(next)
  }
  return { theme, toggle }
}
