const POLL = /^GET \/v1\/fine_tuning\/jobs(\/\{id\})?$/;

/**
 * Names the distinct requests of one command: `GET …/jobs`, and `GET …/jobs#2` for the same request at a later point.
 *
 * The polls of a wait get one name. A wait polls the list of jobs or the job itself, so both keep their names until the command
 * sends another request.
 */
export class RequestNames {
  private readonly counts = new Map<string, number>();
  private readonly inWait = new Set<string>();

  /** Returns the name of the command's next request. */
  next(template: string): string {
    const repeated = this.inWait.has(template);
    if (!POLL.test(template)) this.inWait.clear();
    else this.inWait.add(template);
    const count = (this.counts.get(template) ?? 0) + (repeated ? 0 : 1);
    this.counts.set(template, count);
    const short = template.replace("/v1/fine_tuning/", "…/").replace("/v1/", "…/");
    return count === 1 ? short : `${short}#${count}`;
  }
}
