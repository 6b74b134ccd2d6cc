/** Values ─(template)→ page: HTML that needs no other file, escaped by default. */
package dev.tarsier.runtime.html;
