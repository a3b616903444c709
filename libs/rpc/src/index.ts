export { bindService } from './bind-service.ts';
export { type CallOptions, withCallOptions } from './call-options.ts';
export { type ConnectRpcOptions, connectRpc, type RpcConnection } from './client/connect-rpc.ts';
export { MAX_MESSAGE_BYTES } from './limits.ts';
export { type LocalClientOptions, localClient } from './local-client.ts';
export { type RpcCode, RpcError } from './rpc-error.ts';
export { type RpcServer, type ServeRpcOptions, serveRpc } from './server/serve-rpc.ts';
export type * from './types.ts';
