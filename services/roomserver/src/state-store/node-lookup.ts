/**
 * The content of a node, or undefined when it is not at hand. What an operation returns after a node was missing is worth nothing: it goes
 * on only to ask for all the nodes that it can tell it needs, so that they are loaded at once and it is run again.
 */
export type NodeLookup = (address: number) => Buffer | undefined;

/** A node that is stored under its address. */
export interface StateNode {
  readonly address: number;
  readonly content: Buffer;
}
