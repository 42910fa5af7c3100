// How the dashboard is built (dist/, served by the collector from /) and developed (proxy to a running collector).
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const COLLECTOR = process.env.SEAMTRACE_URL ?? 'http://127.0.0.1:4319'

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), tailwindcss()],
  // `resolve.conditions` replaces the defaults, so they are repeated behind ours.
  resolve: { conditions: ['seamtrace-source', 'module', 'browser', 'development|production'] },
  build: { outDir: 'dist', emptyOutDir: true, target: 'es2022', modulePreload: { polyfill: false }, assetsInlineLimit: 0 },
  server: { port: 5173, proxy: { '/api': COLLECTOR } },
  preview: { port: 5174, proxy: { '/api': COLLECTOR } },
})
