/** Who somebody is, as their id token says. The API checks it again with every request. */

export type Role = "operator" | "admin" | "user";

export interface Identity {
  userId: string;
  role: Role;
  /** None for an operator. */
  workspaceId: string | null;
  expiresAtMs: number;
}

const STRONGEST_FIRST: readonly Role[] = ["operator", "admin", "user"];

interface Claims {
  exp?: number;
  "cognito:username"?: string;
  "cognito:groups"?: string[];
  "custom:workspaceId"?: string;
}

/**
 * What the token claims. Its signature is not checked: it came from Cognito itself, and what the
 * page shows with it comes from the API, which does check.
 */
export function identityOf(idToken: string): Identity | null {
  try {
    const encoded = (idToken.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
    const claims = JSON.parse(new TextDecoder().decode(bytes)) as Claims;
    const role = STRONGEST_FIRST.find((one) => claims["cognito:groups"]?.includes(one));
    const userId = claims["cognito:username"];
    if (!role || !userId || !claims.exp) return null;
    const workspaceId = role === "operator" ? null : (claims["custom:workspaceId"] ?? null);
    return { userId, role, workspaceId, expiresAtMs: claims.exp * 1000 };
  } catch {
    return null;
  }
}
