// Says which part of the address could not be read and was left out: silence would pass a wrong list off as the one that was asked for.
import { parseAsString, useQueryStates } from 'nuqs'
import { useNavigate } from 'react-router'
import { PARAMETERS, unreadableIn, withoutUnreadable } from '../lib/unreadable.ts'

const RAW = Object.fromEntries(PARAMETERS.map((name) => [name, parseAsString]))

export const AddressNotice = () => {
  // Only to be drawn again when the address changes: it is read as it stands.
  useQueryStates(RAW)
  const navigate = useNavigate()
  const search = new URLSearchParams(location.search)
  const found = unreadableIn(search)
  if (found.length === 0) return null
  return (
    <div role="alert" data-testid="address-notice" className="border-b border-wait/40 bg-sunken">
      <div className="mx-auto flex max-w-[140rem] flex-wrap items-baseline gap-x-3 px-4 py-1.5 lg:px-7">
        {found.map(({ name, values, known }) => (
          <p key={name} className="min-w-0">
            Left out of the address:{' '}
            <code className="font-mono break-all">
              {name}={values.join(',')}
            </code>
            <span className="text-ink-2">
              . {name} can be {known.join(', ')}.
            </span>
          </p>
        ))}
        <button
          type="button"
          onClick={() => void navigate({ search: withoutUnreadable(new URLSearchParams(location.search)).toString() }, { replace: true })}
          className="rounded px-1 font-medium underline underline-offset-3 hover:bg-hover"
        >
          OK
        </button>
      </div>
    </div>
  )
}
