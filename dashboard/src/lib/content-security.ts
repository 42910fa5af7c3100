// Keeps zod from probing `new Function`, which the content security policy forbids; must run before the schemas are built.
import { z } from 'zod'

z.config({ jitless: true })
