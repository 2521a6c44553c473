/** An error in words for the person who uses the page. */
export class Told extends Error {}

/** What to tell of any error. */
export function words(error: unknown): string {
  return error instanceof Told ? error.message : "Something went wrong in the page. Load it again.";
}
