/** An event of a stream. */
export interface ServerSentEvent {
  event: string;
  id?: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read any field; the assertions check the fields
  data: any;
}

/** Reads the events of a `text/event-stream` reply until the server closes it. Omits comments. */
export async function* serverSentEvents(response: Response): AsyncGenerator<ServerSentEvent, void, undefined> {
  let rest = "";
  for await (const chunk of (response.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream())) {
    const messages = (rest + chunk).split("\n\n");
    rest = messages.pop() as string;
    for (const message of messages) {
      const fields = Object.fromEntries(message.split("\n").map((line) => line.split(/: (.*)/s).slice(0, 2)));
      if (fields.event !== undefined) yield { ...fields, data: JSON.parse(fields.data) } as ServerSentEvent;
    }
  }
}
