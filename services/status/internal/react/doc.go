// Package react is what the status service does when it hears of others: it keeps the facts, and works the figures out anew.
//
// # What is where
//
//	record ── fold ──> fact {dirty_units} ──> unit_status {dirty_groups} ──> state, office {dirty_groups} ──> nation
//
// Every arrow reads what is left of it and writes what is right of it. A document is written together with the marks that say who does
// not include it yet; a mark goes only after those figures are written, and only if the document still has the version that they
// include. So at every instant each difference between facts and figures has a mark, and whoever finds a mark can do the rest: the
// process that made it, at once, through a queue in memory; any process, within a second, by the sweep, which also is what a start
// after a crash begins with. Records are committed once their facts are in: the marks keep the rest.
//
// # Why the figures are right
//
// A recomputation of X reads (1) the version of X's figures, (2) the facts, (3) writes version+1 if (1) still holds, (4) clears the
// marks it was given, each at its version. It always writes, even equal figures. Be w the newest change of X's facts, R a recomputation
// that was begun for it, so after w, and Q any other:
//
//   - Q read its facts before w and writes before R reads (1): R's write comes later and includes w.
//   - Q read its facts before w and writes after R's (1): R loses at (3) and begins again. Had R written first, Q would lose: its (1)
//     is older than its facts, so older than w, so older than R's write. This is why R writes even what is equal.
//   - Q read its facts after w: Q includes w.
//   - A crash before (3): the mark is there. Between (3) and (4): the mark is there, and the next recomputation only repeats.
//   - The fact changes between (2) and (4): its version moved on, the mark stays, and whoever changed it begins another.
//   - Two clear different marks of one document at once: one may put back what the other took. That repeats work, and loses none.
//   - Figures are written whole, marks included: a difference would leave out marks that are equal to those read, though they may have
//     been cleared since.
//
// The same holds one arrow further, with units for facts and groups for units. A unit whose figures came out equal marks no group.
//
// # What comes early, late, twice
//
// Facts of a unit that has not been heard of keep their marks; the unit's own fact is what makes its figures, and those are made from
// all facts there are. A thing that moves marks the unit it leaves in the same write. A record that is not newer changes no fact; if the
// stored one still has marks they are worked on, so that a redelivery finishes what a crash left.
package react
