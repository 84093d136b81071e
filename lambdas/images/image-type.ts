/** The kinds of picture that the service stores; PNG is the one that the provider promises. */
export const IMAGE_TYPES = ["image/png", "image/jpeg", "image/webp"] as const;

export type ImageType = (typeof IMAGE_TYPES)[number];

/** How the keys of stored pictures end. */
export const EXTENSIONS: Readonly<Record<ImageType, string>> = {
  "image/png": "png",
  "image/jpeg": "jpg",
  "image/webp": "webp",
};
