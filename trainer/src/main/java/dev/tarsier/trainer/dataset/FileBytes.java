package dev.tarsier.trainer.dataset;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;

/**
 * A file to read from anywhere. Unlike the platform's channels it survives the interruption of a
 * thread that reads it: a loader that is stopped must not close the file for those that follow.
 */
final class FileBytes implements SeekableByteChannel {
  private static final int PIECE = 1 << 20;

  private final RandomAccessFile file;
  private boolean open = true;

  FileBytes(Path path) throws IOException {
    file = new RandomAccessFile(path.toFile(), "r");
  }

  @Override
  public synchronized int read(ByteBuffer to) throws IOException {
    int wanted = to.remaining();
    byte[] piece = new byte[Math.min(PIECE, wanted)];
    while (to.hasRemaining()) {
      int got = file.read(piece, 0, Math.min(piece.length, to.remaining()));
      if (got < 0) {
        break;
      }
      to.put(piece, 0, got);
    }
    int read = wanted - to.remaining();
    return read == 0 && wanted > 0 ? -1 : read;
  }

  @Override
  public synchronized long position() throws IOException {
    return file.getFilePointer();
  }

  @Override
  public synchronized SeekableByteChannel position(long position) throws IOException {
    file.seek(position);
    return this;
  }

  @Override
  public synchronized long size() throws IOException {
    return file.length();
  }

  @Override
  public int write(ByteBuffer from) {
    throw new NonWritableChannelException();
  }

  @Override
  public SeekableByteChannel truncate(long size) {
    throw new NonWritableChannelException();
  }

  @Override
  public synchronized boolean isOpen() {
    return open;
  }

  @Override
  public synchronized void close() throws IOException {
    open = false;
    file.close();
  }
}
