package dev.tarsier.ros.ros1.graph;

import java.io.IOException;

/** The other side answered an XML-RPC call with a fault, or with a document that is none. */
public final class XmlRpcFault extends IOException {
  private static final long serialVersionUID = 1L;

  private final int code;

  /**
   * A fault.
   *
   * @param code the fault's code
   * @param message the fault's text
   */
  public XmlRpcFault(int code, String message) {
    super(message);
    this.code = code;
  }

  /** The fault's code. */
  public int code() {
    return code;
  }
}
