import { exitCode, Failure, messageOf } from "../failure.ts";

/** Turns what AWS and its SDK throw into what a person can do about it. */
export async function speakingToAws<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(advice(error), { exitCode: exitCode.unreachable, cause: error });
  }
}

/** Takes `AWS_DEFAULT_REGION` for the region, as the AWS CLI and the CDK do and the SDK does not. */
export function takeDefaultRegion(variables: NodeJS.ProcessEnv = process.env): void {
  const region = variables["AWS_DEFAULT_REGION"];
  if (region !== undefined && (variables["AWS_REGION"] ?? "") === "") variables["AWS_REGION"] = region;
}

function advice(error: unknown): string {
  const message = messageOf(error);
  const name = error instanceof Error ? error.name : "";
  if (/CredentialsProviderError|TokenProviderError/.test(name)) {
    const profile = process.env["AWS_PROFILE"] ?? "";
    const where = profile === "" ? "to be found" : `in the profile ${profile}`;
    return `There are no AWS credentials ${where}: set AWS_PROFILE, or sign in with aws sso login. (${message})`;
  }
  if (/region is missing|region not accepted/i.test(message))
    return "There is no AWS region: set AWS_REGION, such as AWS_REGION=ap-southeast-1.";
  if (/ExpiredToken|SignatureDoesNotMatch|InvalidSignature/.test(name))
    return `AWS does not accept the credentials: sign in again with aws sso login. (${message})`;
  if (/InvalidClientTokenId|UnrecognizedClient/.test(name))
    return `AWS does not accept the credentials here: sign in again with aws sso login, and look whether the account has enabled the region of AWS_REGION. (${message})`;
  if (/AccessDenied/.test(name)) return `AWS denies it: ${message}`;
  const unknown = /(?:ENOTFOUND|EAI_AGAIN) (\w+\.([\w-]+)\.amazonaws\.com)/.exec(message);
  if (unknown !== null)
    return `There is no address of ${unknown[1]}: is AWS_REGION=${unknown[2]} a region of AWS, such as ap-southeast-1, and is there a network?`;
  if (name === "ResourceNotFoundException") return `The table is not there: ${message}`;
  return `AWS cannot be reached: ${message === "" ? name : message}`;
}
