package app

// Build is New with screens of the test's own.
var Build = build
