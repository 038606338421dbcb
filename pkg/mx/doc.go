// Package mx holds what is specific to Mexico and its public health sector: CLUES, states, the institution's offices and regions, time
// zones, money in centavos, the statutory business calendar; and the registry of the vocabularies that concepts define, with their Spanish
// and English labels. It does no I/O and has no state but that registry, so that domain packages may import it.
package mx
