// Projects and API keys, and the endpoints that manage them.
import { z } from 'zod'
import { type Endpoint, Page } from './endpoint.ts'
import { Role } from './role.ts'

/** The project of everything that was sent or asked without a key. */
export const DEFAULT_PROJECT = 'default'

export const ProjectName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'write up to 63 small letters, digits, ".", "_" or "-", the first a letter or digit')

export const Project = z.object({ project: ProjectName, createdAt: z.string().nullable(), createdBy: z.string() })
export type Project = z.infer<typeof Project>

/** A key without the key: that is told once, when it is made. */
export const ApiKey = z.object({
  /** public: it names the key where it is listed and revoked */
  id: z.string(),
  project: ProjectName,
  role: Role,
  name: z.string(),
  createdAt: z.string(),
  createdBy: z.string(),
  revokedAt: z.string().nullable(),
})
export type ApiKey = z.infer<typeof ApiKey>

/** A key with its secret, which is told this once. */
export const NewApiKey = ApiKey.extend({ key: z.string() })
export type NewApiKey = z.infer<typeof NewApiKey>

const none = z.object({})
/** Only the admin token may name another project than its own. */
const OfProject = z.object({ project: ProjectName.optional() })

export const ACCESS_ENDPOINTS = {
  keys: {
    path: '/keys',
    role: 'admin',
    summary: 'API keys of a project, without the keys',
    params: none,
    query: OfProject,
    response: Page(ApiKey),
  },
  createKey: {
    method: 'POST',
    path: '/keys',
    role: 'admin',
    summary: 'Make an API key; the answer is the only place that holds it',
    params: none,
    query: none,
    body: OfProject.extend({ role: Role, name: z.string().max(100).default('') }),
    response: NewApiKey,
  },
  revokeKey: {
    method: 'DELETE',
    path: '/keys/:id',
    role: 'admin',
    summary: 'Revoke an API key for good',
    params: z.object({ id: z.string().regex(/^key_[0-9a-f]{16}$/, 'an id is key_ and 16 digits; the list of keys has them') }),
    query: OfProject,
    response: ApiKey,
  },
  projects: {
    path: '/projects',
    role: 'admin',
    summary: 'Projects that the caller may manage',
    params: none,
    query: none,
    response: Page(Project),
  },
  createProject: {
    method: 'POST',
    path: '/projects',
    role: 'admin',
    summary: 'Make a project; only the admin token may',
    params: none,
    query: none,
    body: z.object({ project: ProjectName }),
    response: Project,
  },
} as const satisfies Record<string, Endpoint>
