import { errors, type Handler, json } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';

/** Client-server API, "GET /.well-known/matrix/support"; 404 when nobody is named. */
export function getWellknownSupport({ settings }: ClientapiContext): Handler {
  const { support } = settings.wellKnown;
  return () => {
    if (support === undefined) throw errors.notFound();
    const { contacts, supportPage } = support;
    return json({
      ...(contacts.length > 0 && {
        contacts: contacts.map(({ role, matrixId, emailAddress }) => ({
          role,
          ...(matrixId !== undefined && { matrix_id: matrixId }),
          ...(emailAddress !== undefined && { email_address: emailAddress }),
        })),
      }),
      ...(supportPage !== undefined && { support_page: supportPage }),
    });
  };
}
