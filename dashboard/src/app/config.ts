/** What this installation is: loaded at run time, so that one build serves every stage. */

export interface Config {
  region: string;
  userPoolId: string;
  clientId: string;
  /** Where sign-in is asked: Cognito's endpoint, or the local cloud's. */
  cognitoUrl: string;
  /** The WebSocket that tells of changes; without it the page asks now and then. */
  liveUrl?: string;
  stage: string;
}

export async function loadConfig(): Promise<Config> {
  const answer = await fetch("/config.json", { cache: "no-cache" });
  if (!answer.ok) throw new Error(`/config.json was answered ${answer.status}`);
  return (await answer.json()) as Config;
}
