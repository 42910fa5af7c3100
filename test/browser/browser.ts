// A headless Chromium for browser tests, and a page that remembers everything that went wrong on it.
import chromiumPackage from '@sparticuz/chromium'
import { type Browser, chromium, type Page } from 'playwright-core'

/** Starts the Chromium of the npm package; its own recommended flags are for cloud functions and would switch web security off. */
export const openBrowser = async (): Promise<Browser> =>
  chromium.launch({ executablePath: await chromiumPackage.executablePath(), args: ['--no-sandbox', '--disable-gpu'], headless: true })

export type WatchedPage = { page: Page; faults: string[] }

/** Console errors and warnings, uncaught exceptions, failed requests and policy violations end up in `faults`. */
export const openPage = async (browser: Browser, options: { width?: number; dark?: boolean } = {}): Promise<WatchedPage> => {
  const page = await browser.newPage({
    viewport: { width: options.width ?? 1440, height: 900 },
    colorScheme: options.dark ? 'dark' : 'light',
  })
  const faults: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') faults.push(`console: ${message.text()}`)
  })
  page.on('pageerror', (error) => faults.push(`exception: ${error.message}`))
  page.on('response', (reply) => {
    if (reply.status() >= 400) faults.push(`${reply.status()} ${reply.url()}`)
  })
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  return { page, faults }
}
