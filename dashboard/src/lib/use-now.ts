// The present time, renewed often enough for "12 s ago".
import { useEffect, useState } from 'react'

export const useNow = (everyMs = 1000): number => {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return now
}
