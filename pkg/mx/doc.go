// Package mx holds what Mexico and its public health sector fix: CLUES, states, the institution's offices and regions, time
// zones, money in centavos, the statutory business calendar; and the vocabularies that concepts define, with their Spanish and
// English labels. It does no I/O and keeps no state but those, so that domain packages may import it.
package mx
