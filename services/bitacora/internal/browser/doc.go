// Package browser drives Chromium through the console of a whole installation, as people do: with a mouse or a finger, with the keyboard alone,
// without JavaScript, over a slow line. It holds tests only, built with the tag "browser" (make test-browser), so neither a browser nor its
// driver is part of the product.
package browser
