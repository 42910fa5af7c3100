// Entry: mounts the dashboard.
import './lib/content-security.ts'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'

const root = document.getElementById('root')
if (!root) throw new Error('cannot mount: no element #root')
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
