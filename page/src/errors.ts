/** An error whose message is written for the person who uses the page. */
export class UserError extends Error {}

/** What to tell the person of any error: of one that was not foreseen, only what to do. */
export function userMessage(error: unknown): string {
  return error instanceof UserError ? error.message : "Something went wrong in the page. Load it again.";
}
