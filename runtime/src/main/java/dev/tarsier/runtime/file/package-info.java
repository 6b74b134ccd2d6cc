/** Files that are written whole or not at all, and errors that name them. */
package dev.tarsier.runtime.file;
