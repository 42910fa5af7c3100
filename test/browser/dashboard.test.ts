// The dashboard in a real browser against a running collector: the way from the worst seam to the story of a run.
import type { GapReport, PipelineSummary } from '@seamtrace/schema'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBrowser, openPage } from './browser.ts'
import { type RunningCollector, runningCollector } from './running-collector.ts'

const HOSTILE = '<img src=x onerror=alert(1)><script>alert(2)</script>'

/** One failed run whose every name and message is markup. */
const hostileTrace = (traceId: string, endMs: number) => {
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } })
  const nano = (ms: number) => `${ms}000000`
  const span = (spanId: string, parentSpanId: string, attributes: object[]) => ({
    traceId,
    spanId,
    parentSpanId,
    name: HOSTILE,
    kind: 1,
    startTimeUnixNano: nano(endMs - 900),
    endTimeUnixNano: nano(endMs),
    attributes,
    status: { code: 2, message: HOSTILE },
  })
  const spans = [
    span('00000000000000a1', '', [text('seamtrace.pipeline.name', HOSTILE), text('seamtrace.span.kind', 'pipeline')]),
    span('00000000000000a2', '00000000000000a1', [
      text('seamtrace.step.name', HOSTILE),
      text('seamtrace.span.kind', 'step'),
      text('note', HOSTILE),
    ]),
  ]
  return {
    resourceSpans: [{ resource: { attributes: [text('service.name', HOSTILE)] }, scopeSpans: [{ scope: { name: HOSTILE }, spans }] }],
  }
}

describe('dashboard', () => {
  let collector: RunningCollector
  let url: string
  let otlpUrl: string
  let browser: Browser

  beforeAll(async () => {
    collector = await runningCollector()
    url = collector.url
    otlpUrl = collector.otlpUrl
    browser = await openBrowser()
  }, 300_000)
  afterAll(async () => {
    await browser?.close()
    await collector?.stop()
  })

  const opened = async (path: string, options?: Parameters<typeof openPage>[1]) => {
    const watched = await openPage(browser, options)
    await watched.page.goto(url + path)
    return watched
  }
  const themeOf = (page: Page) => page.evaluate(() => document.documentElement.dataset.theme)

  test('leads from the worst bar over the filtered runs to the story of a failed run', async () => {
    const { page, faults } = await opened('/')
    // the seam is another question than the rate, and may be answered later
    await page.getByTestId('headline').getByText('Most is lost at').waitFor()
    expect(await page.getByTestId('headline').innerText()).toMatch(/\d(\.\d)?\s?% of [\d,]+ runs reach the end\. Most is lost at .+→.+/)
    await page.locator('.recharts-bar-rectangle').first().waitFor()
    const steps = await page.getByTestId('waterfall-label').count()
    expect(steps).toBeGreaterThan(2)

    // The bars themselves are clicked, not their labels: the tallest one that fell.
    const bars = page.locator('.recharts-bar-rectangle')
    const heights = await bars.evaluateAll((all) => all.map((bar) => bar.querySelector('rect')?.getBoundingClientRect().height ?? 0))
    await bars
      .nth(heights.indexOf(Math.max(...heights.slice(0, -1))))
      .locator('rect')
      .first()
      .click()
    await page.waitForURL(/\/runs\?.*outcome=failure.*step=/)
    await page.getByTestId('chips').getByText('failure').waitFor()
    const rows = page.getByTestId('run-row')
    await rows.first().waitFor()
    expect((await rows.allInnerTexts()).every((row) => row.includes('failure'))).toBe(true)

    await rows.first().getByRole('link').click()
    await page.waitForURL(/\/runs\/[^?]+/)
    await page.getByTestId('story').waitFor()
    expect(await page.getByTestId('story').innerText()).toMatch(/^Failed after/)
    await page.getByTestId('failure').first().waitFor()
    await page.getByTestId('span-row').first().waitFor()
    await page.getByTestId('span-panel').getByText('Attributes').first().waitFor()
    expect(faults).toEqual([])
    await page.close()
  })

  test.each([1, 12, 60])('shows every bar of %i steps and the end, on a wide screen and on a phone', async (count) => {
    for (const width of [1440, 390]) {
      const { page, faults } = await openPage(browser, { width })
      await page.route('**/api/v1/gap?*', async (route) => {
        const reply = await route.fetch()
        const report = (await reply.json()) as GapReport
        const bars = Array.from({ length: count }, (_, index) => ({
          ...report.bars[0]!,
          step: `step_${index}`,
          charged: 0,
          from: report.n,
          to: report.n,
        }))
        await route.fulfill({ response: reply, json: { ...report, bars, unattributed: 0 } satisfies GapReport })
      })
      await page.goto(url)
      const chart = page.getByTestId('waterfall')
      await chart.getByText('reached the end').waitFor()
      await expect.poll(() => chart.locator('.recharts-bar-rectangle').count()).toBe(count + 1)
      expect(await chart.getByTestId('waterfall-label').count()).toBe(count + 1)
      const outside = await chart.evaluate((box) => {
        const frame = box.getBoundingClientRect()
        const parts = [...box.querySelectorAll('.recharts-bar-rectangle rect, [data-testid="waterfall-label"]')]
        return parts
          .map((part) => part.getBoundingClientRect())
          .filter(({ left, right }) => left < frame.left - 1 || right > frame.right + 1).length
      })
      expect(outside).toBe(0)
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
      await page.unrouteAll({ behavior: 'ignoreErrors' })
      expect(faults).toEqual([])
      await page.close()
    }
  })

  test('says that a pipeline of the address has no runs, and does not show another one', async () => {
    const { page, faults } = await opened('/?pipeline=nope')
    await page.getByText('No finished runs of nope in the last 48h').waitFor()
    expect(await page.getByTestId('headline').count()).toBe(0)
    await page.getByRole('table').getByRole('link', { name: 'support-refund' }).click()
    await page.getByTestId('headline').waitFor()
    expect(faults).toEqual([])
    await page.close()
  })

  test('tells the figures of the chosen version, and of the runs without one', async () => {
    const { page, faults } = await opened('/?pipeline=billing-reconciliation&version=2.0.0')
    const asked = await page.waitForResponse((reply) => reply.url().includes('/pipelines?') && reply.url().includes('version=2.0.0'))
    const [summary] = ((await asked.json()) as { items: PipelineSummary[] }).items
    await page.getByText(`n ${summary!.final.n}`).first().waitFor()
    await page.goto(`${url}/?pipeline=billing-reconciliation&version=`)
    await page.getByText('No finished runs of billing-reconciliation, version (none), in the last 48h').waitFor()
    expect(faults).toEqual([])
    await page.close()
  })

  test('names what it left out of the address', async () => {
    const { page, faults } = await opened('/runs?outcome=failure,bogus')
    const notice = page.getByTestId('address-notice')
    await notice.getByText('outcome=bogus').waitFor()
    await notice.getByRole('button').click()
    await notice.waitFor({ state: 'detached' })
    expect(new URL(page.url()).search).toBe('?outcome=failure')
    await page.getByTestId('chips').getByText('failure').waitFor()
    expect(faults).toEqual([])
    await page.close()
  })

  test('takes the chosen pipeline along, and offers a range only where it changes something', async () => {
    const { page, faults } = await opened('/?pipeline=intake-triage')
    await page.getByTestId('headline').waitFor()
    await page.getByRole('link', { name: 'Runs', exact: true }).click()
    await page.getByTestId('chips').getByText('intake-triage').waitFor()
    expect(await page.getByRole('group', { name: 'time range' }).count()).toBe(1)
    await page.getByRole('link', { name: 'Alerts', exact: true }).click()
    await page.getByRole('heading', { name: 'Alerts' }).waitFor()
    expect(await page.getByRole('group', { name: 'time range' }).count()).toBe(0)
    expect(faults).toEqual([])
    await page.close()
  })

  test('says that a run does not exist, with the way back', async () => {
    const { page } = await opened('/runs/nope')
    await page.getByText('No such run').waitFor()
    await page.getByRole('link', { name: 'Go to the list of runs' }).click()
    await page.getByTestId('run-row').first().waitFor()
    await page.close()
  })

  test('keeps the range in every link and the selection of a span in the address', async () => {
    const { page, faults } = await opened('/runs?since=7d&outcome=failure')
    await page.getByTestId('run-row').first().getByRole('link').click()
    await page.waitForURL(/\/runs\/[^?]+\?.*since=7d/)
    await page.getByRole('treegrid').press('Home')
    await page.getByRole('treegrid').press('ArrowDown')
    await page.waitForURL(/span=[0-9a-f]{16}/)
    await page.reload()
    await page.locator('[data-testid="span-row"][aria-selected="true"]').waitFor()
    expect(faults).toEqual([])
    await page.close()
  })

  test('switches to dark, and stays dark after a reload', async () => {
    const { page, faults } = await opened('/')
    expect(await themeOf(page)).toBe('light')
    await page.getByTestId('theme').click()
    await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark')
    await page.reload()
    expect(await themeOf(page)).toBe('dark')
    expect(faults).toEqual([])
    await page.close()
  })

  test('follows the system while the user has not decided', async () => {
    const { page } = await opened('/setup', { dark: true })
    expect(await themeOf(page)).toBe('dark')
    await page.close()
  })

  test('shows every rule with its state, and what was accepted', async () => {
    const { page, faults } = await opened('/alerts')
    await page.getByRole('heading', { name: 'Alerts' }).waitFor()
    await page.getByText('baseline, 7 days').first().waitFor()
    await page.goto(`${url}/setup`)
    await page.getByText('Spans accepted').waitFor()
    expect(faults).toEqual([])
    await page.close()
  })

  test('fits a phone: no page is wider than the screen', async () => {
    const { page, faults } = await openPage(browser, { width: 320 })
    for (const path of ['/', '/runs', '/alerts', '/setup']) {
      await page.goto(url + path)
      await page.getByText('live').first().waitFor()
      await page.waitForLoadState('networkidle').catch(() => {})
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), path).toBeLessThanOrEqual(0)
    }
    expect(faults).toEqual([])
    await page.close()
  })

  test('shows hostile text as text, everywhere', async () => {
    const traceId = crypto.randomUUID().replaceAll('-', '')
    const body = JSON.stringify(hostileTrace(traceId, Date.now()))
    const sent = await fetch(`${otlpUrl}/v1/traces`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    expect(sent.status).toBe(200)
    const runId = `${traceId}-00000000000000a1`
    await expect.poll(async () => (await fetch(`${url}/api/v1/runs/${runId}`)).status, { timeout: 20_000, interval: 250 }).toBe(200)

    const { page, faults } = await opened(`/runs/${runId}?span=00000000000000a2`)
    await page.getByTestId('story').waitFor()
    await page.getByTestId('span-panel').getByText(HOSTILE).first().waitFor()
    await page.goto(`${url}/?pipeline=${encodeURIComponent(HOSTILE)}`)
    await page.getByTestId('headline').waitFor()
    await page.goto(`${url}/runs?q=${encodeURIComponent(traceId)}`)
    await page.getByTestId('run-row').first().waitFor()
    expect(await page.locator('#root img, #root script').count()).toBe(0)
    expect(faults).toEqual([])
    await page.close()
  })
})
