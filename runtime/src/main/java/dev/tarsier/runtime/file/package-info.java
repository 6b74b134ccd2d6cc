/**
 * Files that are written whole or not at all, errors that name them, and what they hold: JSON,
 * pictures, and pages from templates.
 */
package dev.tarsier.runtime.file;
