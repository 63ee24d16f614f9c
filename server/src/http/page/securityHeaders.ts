import type { FastifyRequest } from "fastify";

const COMMON = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "cross-origin-resource-policy": "same-origin",
};

/** Scripts, styles and requests of the server itself only. No other page may embed the page. */
const PAGE_POLICY = {
  "default-src": "'none'",
  "script-src": "'self'",
  "style-src": "'self'",
  "img-src": "'self' data:",
  "connect-src": "'self'",
  "font-src": "'self'",
  "form-action": "'none'",
  "frame-ancestors": "'none'",
  "base-uri": "'self'",
};

/** The page writes to the clipboard, and needs nothing else. */
const DENIED_FEATURES = [
  ...["accelerometer", "autoplay", "camera", "clipboard-read", "display-capture", "encrypted-media", "fullscreen"],
  ...["geolocation", "gyroscope", "magnetometer", "microphone", "midi", "payment", "picture-in-picture"],
  ...["publickey-credentials-get", "screen-wake-lock", "usb", "xr-spatial-tracking"],
];

const PAGE = {
  ...COMMON,
  "content-security-policy": Object.entries(PAGE_POLICY)
    .map((directive) => directive.join(" "))
    .join("; "),
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "permissions-policy": DENIED_FEATURES.map((feature) => `${feature}=()`).join(", "),
};

/** A browser that opens a reply of the API must neither run, embed nor keep it. */
const API = {
  ...COMMON,
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
};

/** Returns the headers with which browsers limit what a reply may do. A route may replace `cache-control`. */
export function securityHeaders({ routeOptions }: FastifyRequest): Record<string, string> {
  return routeOptions.config?.isPage ? PAGE : API;
}
