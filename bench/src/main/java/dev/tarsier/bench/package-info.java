/** bench */
package dev.tarsier.bench;
