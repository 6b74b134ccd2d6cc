/** What was perceived in one frame: a plane for each head, with where it came from. */
package dev.tarsier.runtime.scene;
