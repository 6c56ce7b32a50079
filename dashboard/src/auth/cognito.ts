/** Cognito's JSON protocol, the four calls that signing in takes. No password is kept. */

import type { Config } from "../app/config";

export interface Tokens {
  idToken: string;
  refreshToken: string | null;
}

/** What Cognito wants before it signs somebody in. */
export type ChallengeName = "NEW_PASSWORD_REQUIRED" | "SOFTWARE_TOKEN_MFA";

export interface Challenge {
  name: ChallengeName;
  session: string;
  username: string;
}

/** Why signing in failed; each has a text of its own. */
export type AuthReason =
  "wrong" | "throttled" | "password" | "code" | "unsupported" | "unreachable";

export class AuthError extends Error {
  constructor(readonly reason: AuthReason) {
    super(reason);
  }
}

interface Answer {
  AuthenticationResult?: { IdToken: string; RefreshToken?: string };
  ChallengeName?: string;
  Session?: string;
}

const REASONS: Record<string, AuthReason> = {
  NotAuthorizedException: "wrong",
  UserNotFoundException: "wrong",
  PasswordResetRequiredException: "unsupported",
  TooManyRequestsException: "throttled",
  LimitExceededException: "throttled",
  InvalidPasswordException: "password",
  CodeMismatchException: "code",
  ExpiredCodeException: "code",
};

async function call(config: Config, action: string, body: unknown): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(config.cognitoUrl, {
      method: "POST",
      credentials: "omit",
      headers: {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": `AWSCognitoIdentityProviderService.${action}`,
      },
      body: JSON.stringify(body),
    });
  } catch {
    throw new AuthError("unreachable");
  }
  const answer = (await response.json().catch(() => ({}))) as Answer & { __type?: string };
  if (!response.ok) {
    const type = answer.__type?.split("#").at(-1) ?? "";
    throw new AuthError(REASONS[type] ?? (response.status >= 500 ? "unreachable" : "unsupported"));
  }
  return answer;
}

function outcome(answer: Answer, username: string): Tokens | Challenge {
  const result = answer.AuthenticationResult;
  if (result) return { idToken: result.IdToken, refreshToken: result.RefreshToken ?? null };
  const name = answer.ChallengeName;
  if ((name === "NEW_PASSWORD_REQUIRED" || name === "SOFTWARE_TOKEN_MFA") && answer.Session) {
    return { name, session: answer.Session, username };
  }
  throw new AuthError("unsupported");
}

export async function signIn(config: Config, username: string, password: string) {
  const answer = await call(config, "InitiateAuth", {
    AuthFlow: "USER_PASSWORD_AUTH",
    ClientId: config.clientId,
    AuthParameters: { USERNAME: username, PASSWORD: password },
  });
  return outcome(answer, username);
}

/** Answer a challenge with what the person typed: a new password, or a code. */
export async function respond(config: Config, challenge: Challenge, typed: string) {
  const key =
    challenge.name === "NEW_PASSWORD_REQUIRED" ? "NEW_PASSWORD" : "SOFTWARE_TOKEN_MFA_CODE";
  const answer = await call(config, "RespondToAuthChallenge", {
    ChallengeName: challenge.name,
    ClientId: config.clientId,
    Session: challenge.session,
    ChallengeResponses: { USERNAME: challenge.username, [key]: typed },
  });
  return outcome(answer, challenge.username);
}

export async function refresh(config: Config, refreshToken: string): Promise<Tokens> {
  const answer = await call(config, "InitiateAuth", {
    AuthFlow: "REFRESH_TOKEN_AUTH",
    ClientId: config.clientId,
    AuthParameters: { REFRESH_TOKEN: refreshToken },
  });
  if (!answer.AuthenticationResult) throw new AuthError("unsupported");
  return outcome(answer, "") as Tokens;
}

/** End the refresh token and all it could still make. */
export async function revoke(config: Config, refreshToken: string): Promise<void> {
  await call(config, "RevokeToken", { ClientId: config.clientId, Token: refreshToken });
}
