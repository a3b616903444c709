import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { errors, MatrixHttpError } from './errors.ts';
import { rawErrorResponse } from './send-reply.ts';

/** What is done with a request that is refused before the router sees it. */
export interface MalformedRequestSink {
  /** A name for the request. */
  requestId(): string;
  refused(status: number, requestId: string): void;
}

/**
 * Answers what Node's HTTP parser refuses with a Matrix error and CORS headers, so that a client in a browser can read it too; Node's own
 * answers have neither.
 */
export function answerMalformedRequests(server: Server, sink: MalformedRequestSink): void {
  /** The last request of each connection that the parser did accept. */
  const answering = new WeakMap<Duplex, ServerResponse>();
  const refuse = (socket: Duplex, error: MatrixHttpError): void => {
    // After the head of an answer nothing else can be said on this connection.
    const last = answering.get(socket);
    if (!socket.writable || (last?.headersSent === true && !last.writableFinished)) {
      socket.destroy();
      return;
    }
    const requestId = sink.requestId();
    sink.refused(error.status, requestId);
    socket.end(rawErrorResponse(error, requestId), () => socket.destroy());
  };
  server.on('request', (incoming: IncomingMessage, outgoing: ServerResponse) =>
    answering.set(incoming.socket, outgoing),
  );
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (error.code === 'ECONNRESET' || error.code === 'EPIPE') socket.destroy();
    else refuse(socket, errorOf(error.code));
  });
  // A tunnel is asked for: there is none.
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => refuse(socket, errors.wrongMethod('')));
}

/** The error of a parser's code. 431, 408 and 413 as Node answers them itself; everything else is malformed. */
function errorOf(code: string | undefined): MatrixHttpError {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new MatrixHttpError(431, 'M_TOO_LARGE', 'The headers of the request are too large');
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return errors.tooLarge();
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new MatrixHttpError(408, 'M_UNKNOWN', 'The request took too long');
    default:
      return errors.unknown('The request is not HTTP as this server reads it');
  }
}
