import {
  appserviceMetrics,
  federationapiMetrics,
  httpMetrics,
  mediaapiMetrics,
  typingMetrics,
} from '@plexus/observability';
import { type Dashboard, lines, number, stacked } from '../panel.ts';
import { quantile, rate, select, value } from '../promql.ts';

const federation = 'operation=~"federation[.].*"';

/** What lies outside: other servers, bridges, files. */
export const federationAndBridges: Dashboard = {
  uid: 'plexus-federation',
  title: 'Federation, bridges and media',
  description: 'Other servers, bridges, the content repository, typing.',
  rows: [
    {
      title: 'Other servers',
      panels: [
        stacked(
          { title: 'Requests of other servers', unit: 'reqps', description: 'By operation of the server-server API.' },
          {
            '{{operation}} {{status}}': rate(httpMetrics.requests, { by: ['operation', 'status'], where: federation }),
          },
        ),
        lines(
          { title: 'Time to answer them', unit: 's', description: 'p99 by operation.' },
          { '{{operation}}': quantile(0.99, httpMetrics.seconds, { by: ['operation'], where: federation }) },
        ),
        lines(
          {
            title: 'Signatures refused',
            unit: 'ops',
            description: 'By reason. A peer whose key has changed, a clock that is off, or somebody who tries.',
          },
          { '{{reason}}': rate(federationapiMetrics.refusedRequests, { by: ['reason'] }) },
        ),
        lines(
          {
            title: 'Requests to other servers',
            waitsFor: 'requests to other servers: federation sending',
            unit: 's',
            description: 'p99 by outcome, finding the server included.',
          },
          { '{{outcome}}': quantile(0.99, federationapiMetrics.requestSeconds, { by: ['outcome'] }) },
        ),
        lines(
          { title: 'Keys fetched', unit: 'ops', description: 'By outcome.' },
          { '{{outcome}}': rate(federationapiMetrics.keyFetches, { by: ['outcome'] }) },
        ),
        number(
          { title: 'Certificate ends', unit: 'dtdurations', description: 'The certificate that other servers see.' },
          { left: `min (${select(federationapiMetrics.certificateExpiry.name)}) - time()` },
        ),
      ],
    },
    {
      title: 'Bridges',
      panels: [
        lines(
          {
            title: 'Events that wait',
            unit: 'short',
            description: 'By bridge. Growing: the bridge is away or too slow.',
          },
          { '{{bridge}}': value('max', appserviceMetrics.pendingEvents, { by: ['bridge'] }) },
        ),
        stacked(
          {
            title: 'Transactions',
            unit: 'ops',
            description: 'taken, refused (the bridge answers with an error), unreachable.',
          },
          { '{{bridge}} {{outcome}}': rate(appserviceMetrics.transactions, { by: ['bridge', 'outcome'] }) },
        ),
        lines(
          { title: 'Time of a transaction', unit: 's', description: 'Bridges answer when they have done their work.' },
          {
            p50: quantile(0.5, appserviceMetrics.transactionSeconds),
            p99: quantile(0.99, appserviceMetrics.transactionSeconds),
          },
        ),
      ],
    },
    {
      title: 'Media and typing',
      panels: [
        lines(
          { title: 'Uploads', unit: 'Bps', description: 'Bytes that were kept.' },
          { uploaded: rate(mediaapiMetrics.uploadedBytes) },
        ),
        number(
          { title: 'Disk left', unit: 'percentunit', description: 'Of the file system of the media folder.' },
          {
            '{{instance}}': `${value('min', mediaapiMetrics.diskBytes, { by: ['instance'], where: 'state="free"' })} / ${value('min', mediaapiMetrics.diskBytes, { by: ['instance'], where: 'state="total"' })}`,
          },
        ),
        lines(
          { title: 'Thumbnails', unit: 's', description: 'Time to make one, p99. They are made once and kept.' },
          { p99: quantile(0.99, mediaapiMetrics.thumbnailSeconds) },
        ),
        lines(
          { title: 'Thumbnails that wait', unit: 'short', description: 'As many are made at once as there are cores.' },
          { '{{instance}}': value('sum', mediaapiMetrics.thumbnailsWaiting, { by: ['instance'] }) },
        ),
        lines(
          { title: 'Somebody types', unit: 'short', description: 'Rooms, by replica.' },
          { '{{instance}}': value('sum', typingMetrics.rooms, { by: ['instance'] }) },
        ),
        lines(
          { title: 'Typing forgotten', unit: 'ops', description: 'Redis did not answer.' },
          { forgotten: rate(typingMetrics.storeFailures) },
        ),
      ],
    },
  ],
};
