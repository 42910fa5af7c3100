// The words that a sender needs: keys, layers, gaps. Nothing behind them takes time to load, as the validation of the API does.
export * from './attributes.ts'
export * from './gaps.ts'
export * from './layers.ts'
