export { endedSessionCookie, SESSION_COOKIE, type SessionCookieOptions, sessionCookie, sessionTokenOf } from './cookie';
export {
  type EndedSession,
  type EndedSessions,
  type NewSession,
  type Session,
  Sessions,
  type SessionsOptions,
  type UpdatedSession,
} from './sessions';
