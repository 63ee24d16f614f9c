import { parseCookie, type SetCookie, stringifySetCookie } from "cookie";
import type { FastifyReply, FastifyRequest } from "fastify";
import { ApiError } from "../errors";
import { basePathOf } from "../publicUrl";

/**
 * The cookie that holds the token of a session. Scripts cannot read it, and no request from another site has it. Cookies do
 * not know ports, so the cookie's name contains the ID of the data folder: two servers on localhost have two cookies.
 */
export class SessionCookie {
  private readonly path: string;

  constructor(
    private readonly folderId: string,
    private readonly publicUrl: string | undefined,
  ) {
    this.path = basePathOf(publicUrl);
  }

  /**
   * Returns the token that a request has sent.
   *
   * @throws {ApiError} 401 when the request has two tokens: another program on the same host name can set a cookie for a
   * longer path, which would then replace the user's own session
   */
  read(request: FastifyRequest): string | undefined {
    const { cookie } = request.headers;
    if (cookie === undefined) return undefined;
    const { name } = this.attributes(request);
    if (cookie.split(";").filter((pair) => pair.split("=", 1)[0]?.trim() === name).length > 1) {
      throw new ApiError(
        401,
        "The browser has two session cookies for this server, and another program may have set one; delete the cookies of this site and log in again",
      );
    }
    return parseCookie(cookie)[name];
  }

  /** @param lifetime seconds */
  set(request: FastifyRequest, reply: FastifyReply, token: string, lifetime: number): void {
    const cookie = { ...this.attributes(request), value: token, maxAge: lifetime };
    reply.header("set-cookie", stringifySetCookie(cookie));
  }

  clear(request: FastifyRequest, reply: FastifyReply): void {
    this.set(request, reply, "", 0);
  }

  private attributes({ protocol }: FastifyRequest): SetCookie {
    const secure = protocol === "https" || this.publicUrl?.startsWith("https:") === true;
    // Browsers accept the prefix only from the host itself, and only with these attributes. So no other host can set the cookie.
    const prefix = secure && this.path === "/" ? "__Host-" : "";
    return {
      name: `${prefix}mistral_session_${this.folderId}`,
      value: "",
      path: this.path,
      httpOnly: true,
      sameSite: "strict",
      secure,
    };
  }
}
