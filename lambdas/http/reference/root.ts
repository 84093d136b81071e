/** Stands in the built page for the address of the service, until the page is sent. */
export const ROOT = "https://root.invalid/v1";
