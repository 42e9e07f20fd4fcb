import { Type } from '@sinclair/typebox'
import type { TObject, TProperties } from '@sinclair/typebox'
import { MAX_NAME } from './names.ts'

// The words of the API: what is checked at the door, what is promised in an answer, and, with the title as name, what
// stands in the OpenAPI document.

/** An object that holds these keys and no other: whoever sends `role` or `__proto__` along is refused, not ignored. */
function exact<Properties extends TProperties>(
  title: string,
  properties: Properties,
): TObject<Properties> {
  return Type.Object(properties, { title, additionalProperties: false })
}

const Time = Type.String({ format: 'date-time' })
/** Whether there are more than a page that was asked for. */
const HasMore = Type.Optional(Type.Boolean())

const Name = Type.String({ minLength: 1, maxLength: MAX_NAME })

export const Role = Type.Union([Type.Literal('admin'), Type.Literal('member')], { title: 'Role' })

export const Health = exact('Health', { response: Type.Literal('alive') })

export const Liveness = exact('Liveness', { status: Type.Literal('alive') })

export const Readiness = exact('Readiness', { status: Type.Literal('ready') })

export const Group = exact('Group', {
  created_at: Time,
  last_modified: Time,
  group_id: Type.String({ format: 'uuid' }),
  group_name: Name,
  role: Role,
})

export const GroupList = exact('GroupList', { groups: Type.Array(Group), has_more: HasMore })

export const NewGroup = exact('NewGroup', { group_name: Name })

export const Member = exact('Member', { user_email: Type.String(), name: Name, role: Role })

export const MemberList = exact('MemberList', {
  members: Type.Array(Member),
  has_more: HasMore,
})

export const ApiKey = exact('ApiKey', {
  name: Name,
  creation_time: Time,
  access_time: Type.Union([Time, Type.Null()]),
  expiry: Type.Union([Time, Type.Null()]),
})

export const ApiKeyList = Type.Array(ApiKey, { title: 'ApiKeyList' })

export const Profile = exact('Profile', {
  sub: Type.String({ format: 'uuid' }),
  email: Type.String(),
  name: Name,
})

export const KeyName = exact('KeyName', { name: Type.String() })

export const ApiError = exact('ApiError', {
  error: Type.Object(
    { error_id: Type.String(), description: Type.String() },
    { additionalProperties: false },
  ),
})

export const Document = Type.Object(
  { openapi: Type.String(), info: Type.Object({}), paths: Type.Object({}) },
  { title: 'Document' },
)

/** The absence of a body. */
export const Nothing = Type.Null({ title: 'Nothing' })
