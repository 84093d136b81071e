/** Where the API's paths begin for those who do not know its address: in events, in workflows, in what is committed. */
export const RELATIVE_ROOT = "/v1";
