import { required } from "../platform/environment.ts";
import { isRegion, type Region } from "./dashscope/models.ts";

/** The provider's region of this deployment. Its key and base URL belong to it alone. */
export function providerRegion(): Region {
  const region = required("PROVIDER_REGION");
  if (!isRegion(region)) throw new Error("PROVIDER_REGION is neither sg nor bj");
  return region;
}
