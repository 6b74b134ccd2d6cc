package dev.tarsier.ros.bag;

import java.io.IOException;

/**
 * A record at the top level of a bag: {@code uint32 n, header, uint32 m, data}. Reused for each
 * one.
 */
final class FileRecord {
  final RecordHeader header = new RecordHeader();
  long position;
  long dataPosition;

  /** As the record says; the file may end before. */
  long dataLength;

  /**
   * @param position of the record; must be before the file's end
   */
  void read(BagFile file, long position) throws IOException, DamagedRecord {
    this.position = position;
    long left = file.length() - position;
    if (left < 8) {
      throw new DamagedRecord("the file ends inside a record");
    }
    int start = file.index(position, 4);
    long headerLength = Integer.toUnsignedLong(file.window().getInt(start));
    if (headerLength > RecordHeader.LONGEST) {
      throw new DamagedRecord(
          "a record's header says it has %d bytes; that is no header".formatted(headerLength));
    }
    if (headerLength > left - 8) {
      throw new DamagedRecord("the file ends inside a record's header");
    }
    int at = file.index(position + 4, (int) headerLength + 4);
    header.parse(file.window(), at, (int) headerLength);
    dataLength = Integer.toUnsignedLong(file.window().getInt(at + (int) headerLength));
    dataPosition = position + 8 + headerLength;
  }

  /** How much of the data the file has. */
  long dataPresent(BagFile file) {
    return Math.min(dataLength, file.length() - dataPosition);
  }

  long end() {
    return dataPosition + dataLength;
  }

  /**
   * Makes the data available in the file's window.
   *
   * @param limit what the data may have at most, to be of sense
   * @return absolute position of its first byte in the window
   */
  int data(BagFile file, int limit) throws IOException, DamagedRecord {
    if (dataLength > limit) {
      throw new DamagedRecord(
          "a record says it has %d bytes; that cannot be".formatted(dataLength));
    }
    if (end() > file.length()) {
      throw new DamagedRecord("the file ends inside a record's data");
    }
    return file.index(dataPosition, (int) dataLength);
  }
}
