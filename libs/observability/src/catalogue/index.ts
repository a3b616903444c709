export * from './catalogue.ts';
export * from './definition.ts';
export * from './process.ts';
export * from './services.ts';
export * from './streams.ts';
