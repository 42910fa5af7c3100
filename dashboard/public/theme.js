// Sets data-theme before the first paint; a file of its own because the content security policy forbids inline scripts.
{
  let stored = null
  try {
    stored = localStorage.getItem('seamtrace.theme')
  } catch {
    // Storage may be blocked; the system's preference is a good answer.
  }
  const system = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
  document.documentElement.dataset.theme = stored === 'dark' || stored === 'light' ? stored : system
}
