/** Whether the outputs can be trusted now, and why not. */
package dev.tarsier.runtime.health;
