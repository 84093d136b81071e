/**
 * Direct invocations are authenticated by IAM and belong to this one owner. No API key may name it, or its holder
 * would see the generations of all workflows; an IAM caller's owner has dots and can't be it.
 */
export const WORKFLOWS_OWNER = "workflows";

/** Names an owner may have: they become part of keys in the table. */
const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/i;

/** Why no API key can be made for an owner of this name, as a sentence; null where one can. */
export function refusedOwner(name: string): string | null {
  if (!NAME.test(name))
    return "An owner's name has 1 to 64 letters, digits, dots, underscores and hyphens, and starts with a letter or digit.";
  if (name === WORKFLOWS_OWNER)
    return `The owner's name ${WORKFLOWS_OWNER} is kept for Step Functions and other direct invocations: choose another.`;
  return null;
}
