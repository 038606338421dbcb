// Package institution is the full demonstration: an institution that has been at work with Bitácora for half a year. All of it follows from a seed
// and from the instant of the first start, so that what is made on one day is the same everywhere. It is made as people made it: each step is a
// request of somebody who may send it, at the time at which it happened, by the services' clock, which is moved; so nothing is a late entry,
// and every document has its whole history.
//
// Plan makes the steps and knows no installation; Load plays them.
package institution
