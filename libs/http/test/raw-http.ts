import { connect } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Writes bytes that no HTTP client would send, and reads until the server ends the connection or `answers` answers have come. */
export function rawExchange(port: number, bytes: string | Buffer, answers = 1): Promise<RawAnswer[]> {
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    const finish = () => {
      socket.destroy();
      resolve(answersIn(received));
    };
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      received += text;
      if (answersIn(received).length >= answers) finish();
    });
    socket.on('end', finish);
    socket.on('error', reject);
  });
}

/** Complete answers with a Content-Length. */
function answersIn(text: string): RawAnswer[] {
  const found: RawAnswer[] = [];
  for (let rest = text; ; ) {
    const end = rest.indexOf('\r\n\r\n');
    if (end === -1) return found;
    const [first = '', ...lines] = rest.slice(0, end).split('\r\n');
    const headers = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    );
    const bodyEnd = end + 4 + Number(headers['content-length'] ?? 0);
    if (rest.length < bodyEnd) return found;
    found.push({ status: Number(first.split(' ')[1]), headers, body: rest.slice(end + 4, bodyEnd) });
    rest = rest.slice(bodyEnd);
  }
}
