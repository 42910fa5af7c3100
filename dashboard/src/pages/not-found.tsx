// The page for an address that leads nowhere.
import { Link } from 'react-router'
import { EmptyState } from '../ui/states.tsx'

export const NotFound = () => (
  <EmptyState title="There is no page at this address">
    <Link to="/" className="text-accent underline underline-offset-3">
      Go to the overview
    </Link>
  </EmptyState>
)
