import { BinaryReader } from '@bufbuild/protobuf/wire';

/** A span as the collector gets it. */
export interface ExportedSpan {
  /** `service.name` of the process. */
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  /** '' for the first span of a trace. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly hasFailed: boolean;
}

type Attributes = Record<string, string | number | boolean>;
/** What to do with a field by its number; other fields are skipped. */
type Fields = Readonly<Record<number, (reader: BinaryReader) => void>>;

const ERROR_STATUS = 2;

/** Reads an ExportTraceServiceRequest. opentelemetry-proto, trace/v1/trace.proto. */
export function readExport(payload: Uint8Array): ExportedSpan[] {
  const spans: ExportedSpan[] = [];
  read(new BinaryReader(payload), { 1: (reader) => spans.push(...readResourceSpans(nested(reader))) });
  return spans;
}

function readResourceSpans(reader: BinaryReader): ExportedSpan[] {
  const resource: Attributes = {};
  const spans: Omit<ExportedSpan, 'service'>[] = [];
  read(reader, {
    1: (inner) => read(nested(inner), { 1: (attribute) => readAttribute(nested(attribute), resource) }),
    2: (inner) => read(nested(inner), { 2: (span) => spans.push(readSpan(nested(span))) }),
  });
  return spans.map((span) => ({ ...span, service: String(resource['service.name']) }));
}

function readSpan(reader: BinaryReader): Omit<ExportedSpan, 'service'> {
  const attributes: Attributes = {};
  const links: { traceId: string; spanId: string }[] = [];
  const ids = { traceId: '', spanId: '', parentSpanId: '' };
  let [name, kind, startMs, endMs, hasFailed] = ['', 0, 0, 0, false];
  read(reader, {
    1: (inner) => {
      ids.traceId = readId(inner);
    },
    2: (inner) => {
      ids.spanId = readId(inner);
    },
    4: (inner) => {
      ids.parentSpanId = readId(inner);
    },
    5: (inner) => {
      name = inner.string();
    },
    6: (inner) => {
      kind = inner.int32();
    },
    7: (inner) => {
      startMs = Number(inner.fixed64()) / 1e6;
    },
    8: (inner) => {
      endMs = Number(inner.fixed64()) / 1e6;
    },
    9: (inner) => readAttribute(nested(inner), attributes),
    13: (inner) => links.push(readLink(nested(inner))),
    15: (inner) =>
      read(nested(inner), {
        3: (status) => {
          hasFailed = status.int32() === ERROR_STATUS;
        },
      }),
  });
  return { ...ids, name, kind, startMs, endMs, hasFailed, attributes, links };
}

function readLink(reader: BinaryReader): { traceId: string; spanId: string } {
  const link = { traceId: '', spanId: '' };
  read(reader, {
    1: (inner) => {
      link.traceId = readId(inner);
    },
    2: (inner) => {
      link.spanId = readId(inner);
    },
  });
  return link;
}

function readAttribute(reader: BinaryReader, into: Attributes): void {
  let key = '';
  let value: string | number | boolean = '';
  read(reader, {
    1: (inner) => {
      key = inner.string();
    },
    2: (inner) =>
      read(nested(inner), {
        1: (any) => {
          value = any.string();
        },
        2: (any) => {
          value = any.bool();
        },
        3: (any) => {
          value = Number(any.int64());
        },
        4: (any) => {
          value = any.double();
        },
      }),
  });
  into[key] = value;
}

function read(reader: BinaryReader, fields: Fields): void {
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    const field = fields[number];
    if (field === undefined) reader.skip(type, number);
    else field(reader);
  }
}

function nested(reader: BinaryReader): BinaryReader {
  return new BinaryReader(reader.bytes());
}

function readId(reader: BinaryReader): string {
  return Buffer.from(reader.bytes()).toString('hex');
}
