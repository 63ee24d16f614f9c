import got from "got";
export const y = got;
