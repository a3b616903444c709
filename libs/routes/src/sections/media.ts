import { operation } from '../operation.ts';

/** The content repository, under its authenticated and its older paths. */
export const media = [
  operation('client.getConfigAuthed', 'GET', '/_matrix/client/v1/media/config', {
    owner: 'mediaapi',
    auth: 'accessToken',
    rate: 'general',
  }),
  operation('client.getContentAuthed', 'GET', '/_matrix/client/v1/media/download/{serverName}/{mediaId}', {
    owner: 'mediaapi',
    auth: 'accessToken',
    rate: 'general',
  }),
  operation(
    'client.getContentOverrideNameAuthed',
    'GET',
    '/_matrix/client/v1/media/download/{serverName}/{mediaId}/{fileName}',
    { owner: 'mediaapi', auth: 'accessToken', rate: 'general' },
  ),
  operation('client.getUrlPreviewAuthed', 'GET', '/_matrix/client/v1/media/preview_url', {
    owner: 'mediaapi',
    auth: 'accessToken',
    rate: 'general',
  }),
  operation('client.getContentThumbnailAuthed', 'GET', '/_matrix/client/v1/media/thumbnail/{serverName}/{mediaId}', {
    owner: 'mediaapi',
    auth: 'accessToken',
    rate: 'general',
  }),
  operation('client.createContent', 'POST', '/_matrix/media/v1/create', {
    owner: 'mediaapi',
    auth: 'accessToken',
    body: 'optionalJson',
    rate: 'mediaUpload',
  }),
  operation('client.getConfig', 'GET', '/_matrix/media/v3/config', {
    owner: 'mediaapi',
    auth: 'accessToken',
    rate: 'general',
  }),
  operation('client.getContent', 'GET', '/_matrix/media/v3/download/{serverName}/{mediaId}', {
    owner: 'mediaapi',
    auth: 'none',
    rate: 'general',
  }),
  operation('client.getContentOverrideName', 'GET', '/_matrix/media/v3/download/{serverName}/{mediaId}/{fileName}', {
    owner: 'mediaapi',
    auth: 'none',
    rate: 'general',
  }),
  operation('client.getUrlPreview', 'GET', '/_matrix/media/v3/preview_url', {
    owner: 'mediaapi',
    auth: 'accessToken',
    rate: 'general',
  }),
  operation('client.getContentThumbnail', 'GET', '/_matrix/media/v3/thumbnail/{serverName}/{mediaId}', {
    owner: 'mediaapi',
    auth: 'none',
    rate: 'general',
  }),
  operation('client.uploadContent', 'POST', '/_matrix/media/v3/upload', {
    owner: 'mediaapi',
    auth: 'accessToken',
    rate: 'mediaUpload',
    body: 'raw',
  }),
  operation('client.uploadContentToMXC', 'PUT', '/_matrix/media/v3/upload/{serverName}/{mediaId}', {
    owner: 'mediaapi',
    auth: 'accessToken',
    rate: 'mediaUpload',
    body: 'raw',
  }),
] as const;
