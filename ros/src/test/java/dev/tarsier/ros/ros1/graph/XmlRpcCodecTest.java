package dev.tarsier.ros.ros1.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.ros.port.RosException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class XmlRpcCodecTest {
  private static Object response(String document) throws IOException {
    return XmlRpcCodec.decodeResponse(document.getBytes(StandardCharsets.UTF_8));
  }

  private static Object value(String xml) throws IOException {
    return response(
        "<?xml version='1.0'?><methodResponse><params><param>"
            + xml
            + "</param></params></methodResponse>");
  }

  @Test
  void roundTripsEveryType() throws IOException {
    Map<String, Object> struct = new LinkedHashMap<>();
    struct.put("a & b", List.of(1, -2.5e-300, true, "x < y ]]> \t\n\r \u00fc \ud83d\ude00"));
    struct.put("empty", "");
    struct.put("none", List.of());
    struct.put("when", LocalDateTime.of(2026, 1, 2, 3, 4, 5));
    struct.put("nested", Map.of("deep", Map.of("deeper", List.of(List.of(7)))));
    assertThat(XmlRpcCodec.decodeResponse(XmlRpcCodec.encodeResponse(struct))).isEqualTo(struct);
    byte[] data = {0, 1, -1, 127};
    assertThat((byte[]) XmlRpcCodec.decodeResponse(XmlRpcCodec.encodeResponse(data)))
        .containsExactly(data);
    assertThat(XmlRpcCodec.decodeCall(XmlRpcCodec.encodeCall("getPid", List.of("/x", struct))))
        .isEqualTo(new XmlRpcCodec.Call("getPid", List.of("/x", struct)));
  }

  @Test
  void readsWhatRealPeersSend() throws IOException {
    // roscpp: white space, int beside i4, untyped text, no data in an array
    assertThat(
            response(
                "\r\n<?xml version=\"1.0\"?>\r\n<methodResponse><params><param>\r\n\t"
                    + "<value><array><data><value><i4>1</i4></value><value></value>"
                    + "<value><array><data><value>TCPROS</value><value>host</value>"
                    + "<value><int> 41023 </int></value></data></array></value>"
                    + "</data></array></value>\r\n</param></params></methodResponse>\r\n"))
        .isEqualTo(List.of(1, "", List.of("TCPROS", "host", 41023)));
    assertThat(value("<value><array></array></value>")).isEqualTo(List.of());
    assertThat(value("<value><struct/></value>")).isEqualTo(Map.of());
    assertThat(value("<value><double>-inf</double></value>")).isEqualTo(Double.NEGATIVE_INFINITY);
    assertThat(value("<value><boolean>true</boolean></value>")).isEqualTo(true);
    assertThat(value("<value><string>a\u001b[31mred</string></value>")).isEqualTo("a[31mred");
    assertThat(value("<value><i8>9000000000</i8></value>")).isEqualTo(9_000_000_000L);
    assertThat(value("<value><!-- said --> plain </value>")).isEqualTo(" plain ");
  }

  @Test
  void tellsAFault() {
    assertThatThrownBy(
            () -> XmlRpcCodec.decodeResponse(XmlRpcCodec.encodeFault(-3, "no such method")))
        .isInstanceOfSatisfying(
            XmlRpcFault.class,
            fault -> {
              assertThat(fault.code()).isEqualTo(-3);
              assertThat(fault).hasMessage("no such method");
            });
  }

  @Test
  void refusesADocumentTypeAndItsEntities() {
    String bomb =
        "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'>]>"
            + "<methodResponse><params><param><value>&b;</value></param></params></methodResponse>";
    assertThatThrownBy(() -> response(bomb)).isInstanceOf(XmlRpcFault.class);
    String file =
        "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY f SYSTEM 'file:///etc/passwd'>]>"
            + "<methodResponse><params><param><value>&f;</value></param></params></methodResponse>";
    assertThatThrownBy(() -> response(file))
        .isInstanceOf(XmlRpcFault.class)
        .hasMessageNotContaining("root");
  }

  @Test
  void refusesValuesThatNestWithoutEnd() {
    int levels = 10_000;
    String deep = "<value><array><data>".repeat(levels) + "</data></array></value>".repeat(levels);
    assertThatThrownBy(() -> value(deep))
        .isInstanceOf(XmlRpcFault.class)
        .hasMessageContaining("nest");
  }

  @Test
  void saysWhatIsWrongWithADocument() {
    assertThatThrownBy(() -> response("")).isInstanceOf(XmlRpcFault.class);
    assertThatThrownBy(() -> response("<html>not found</html>"))
        .hasMessageContaining("expected <methodResponse>, got <html>");
    assertThatThrownBy(() -> response("<methodResponse><params>")).isInstanceOf(XmlRpcFault.class);
    assertThatThrownBy(() -> value("<value><i4>one</i4></value>")).hasMessageContaining("'one'");
    assertThatThrownBy(() -> value("<value><nil/></value>")).hasMessageContaining("<nil>");
  }

  @Test
  void refusesToWriteWhatXmlRpcCannotCarry() {
    assertThatThrownBy(() -> XmlRpcCodec.encodeResponse(1L << 40))
        .isInstanceOf(RosException.class)
        .hasMessageContaining("32 bits");
    assertThatThrownBy(() -> XmlRpcCodec.encodeResponse(new Object()))
        .isInstanceOf(RosException.class)
        .hasMessageContaining("Object");
  }
}
