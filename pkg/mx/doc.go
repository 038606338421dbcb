// Package mx holds what Mexico and its public health sector fix: CLUES, states, the institution's offices and regions, time
// zones, money in centavos, the statutory business calendar, and the one table of enumerations with their Spanish and
// English labels. It has no state and does no I/O, so that domain packages may import it.
package mx
