/** Files that are written whole or not at all, errors that name them, and pictures as files. */
package dev.tarsier.runtime.file;
