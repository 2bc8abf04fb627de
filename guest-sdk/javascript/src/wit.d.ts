/** What the world `strategy` imports. Numbers with 64 bits are what the engine has for them: see `engine.ts`. */

declare module "ringfence:strategy/intents@0.1.0" {
  export function emit(intent: object): bigint | number;
  export function emitOrder(order: object): bigint | number;
  export function emitSchedule(schedule: object): bigint | number;
}

declare module "ringfence:strategy/view@0.1.0" {
  export function topOfBook(instrument: number): object | undefined | null;
  export function depth(instrument: number, side: string, levels: number): object[];
  export function positionOf(instrument: number): object;
  export function account(): object;
  export function openOrders(instrument: number, limit: number): object[];
  export function order(intent: bigint | number): object | undefined | null;
  export function instrument(instrument: number): object | undefined | null;
  export function bars(instrument: number, spec: object, count: number): object[];
}
