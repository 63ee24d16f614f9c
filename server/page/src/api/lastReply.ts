/** The reply of a list that was left last, so that the back button shows it at once, at the same scroll position. */
let last: { route: string; data: unknown } | undefined;

export const rememberReply = (route: string, data: unknown): void => {
  last = { route, data };
};

/** Returns the reply of a route if it was the last one of a list. */
export const lastReply = (route: string): unknown => (last?.route === route ? last.data : undefined);

/** Another user of this browser must not see it. */
export const forgetReply = (): void => {
  last = undefined;
};
