package dev.tarsier.runtime.natives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeLibrariesTest {
  @TempDir Path folder;

  private NativeLibraries.Source jar(String name, String content) throws IOException {
    Path jar = folder.resolve(name);
    try (OutputStream out = Files.newOutputStream(jar);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      for (String each : List.of("libone.so", "libtwo.so")) {
        zip.putNextEntry(new ZipEntry("native/" + each));
        zip.write((each + content).getBytes(StandardCharsets.UTF_8));
      }
    }
    return new NativeLibraries.Source(
        new URLClassLoader(new URL[] {jar.toUri().toURL()}, null), "native/", "libone.so");
  }

  private Path home() throws IOException {
    return Files.createDirectories(folder.resolve("natives"));
  }

  @Test
  void unpacksOnceAndUnderANameOfTheContent() throws IOException {
    Path first = NativeLibraries.unpacked(home(), "lib", jar("a.jar", "x"));
    assertThat(first.resolve("libone.so")).hasContent("libone.sox");
    Object key = Files.readAttributes(first.resolve("libone.so"), "unix:ino").get("ino");

    Path again = NativeLibraries.unpacked(home(), "lib", jar("b.jar", "x"));
    assertThat(again).isEqualTo(first);
    assertThat(Files.readAttributes(again.resolve("libone.so"), "unix:ino").get("ino"))
        .isEqualTo(key);
    assertThat(NativeLibraries.unpacked(home(), "lib", jar("c.jar", "y"))).isNotEqualTo(first);
  }

  @Test
  void whatIsDamagedOrExchangedIsMadeAnew() throws IOException {
    NativeLibraries.Source source = jar("a.jar", "x");
    Path unpacked = NativeLibraries.unpacked(home(), "lib", source);
    Path library = unpacked.resolve("libtwo.so");
    for (String other : List.of("libtwo.soy", "short", "")) {
      Files.writeString(library, other);
      assertThat(NativeLibraries.unpacked(home(), "lib", source)).isEqualTo(unpacked);
      assertThat(library).hasContent("libtwo.sox");
    }
    Files.delete(library);
    Files.createSymbolicLink(library, Files.writeString(folder.resolve("evil"), "libtwo.sox"));
    NativeLibraries.unpacked(home(), "lib", source);
    assertThat(Files.isSymbolicLink(library)).isFalse();
  }

  @Test
  void aFolderOfALibraryThatUnpacksByItselfIsRemovedWhenAFileDiffers() throws IOException {
    List<NativeLibraries.Source> sources = List.of(jar("a.jar", "x"));
    Path place = NativeLibraries.folderFor(home(), "lib", sources);
    Path deep = Files.createDirectories(place.resolve("a.jar/native"));
    Files.writeString(deep.resolve("libone.so"), "libone.sox");
    Files.writeString(place.resolve("1.0-libtwo.so"), "libtwo.sox");
    NativeLibraries.folderFor(home(), "lib", sources);
    assertThat(deep.resolve("libone.so")).exists();

    Files.writeString(place.resolve("1.0-libtwo.so"), "libtwo.soz");
    assertThat(NativeLibraries.folderFor(home(), "lib", sources)).isEmptyDirectory();
  }

  @Test
  void whatAKilledProcessLeftHalfUnpackedGoes() throws IOException {
    NativeLibraries.Source source = jar("a.jar", "x");
    Path unpacked = NativeLibraries.unpacked(home(), "lib", source);
    Path part = home().resolve("." + unpacked.getFileName() + ".part");
    Files.move(unpacked, part);
    Files.delete(part.resolve("libtwo.so"));
    assertThat(NativeLibraries.unpacked(home(), "lib", source)).isEqualTo(unpacked);
    assertThat(unpacked.resolve("libtwo.so")).hasContent("libtwo.sox");
    assertThat(part).doesNotExist();
  }

  @Test
  void theFolderIsTheUsersAlone() throws IOException {
    Map<String, String> environment = Map.of("XDG_CACHE_HOME", folder.resolve("cache").toString());
    PrivateFolder made = PrivateFolder.open(environment, "/nowhere", folder);
    assertThat(made.temporary()).isFalse();
    assertThat(made.path()).isEqualTo(folder.toRealPath().resolve("cache/tarsier/natives"));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(made.path())))
        .isEqualTo("rwx------");

    // Others could write it: what lies there is not trusted.
    Path planted = Files.writeString(made.path().resolve("libevil.so"), "evil");
    Files.setPosixFilePermissions(made.path(), PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThat(PrivateFolder.open(environment, "/nowhere", folder)).isEqualTo(made);
    assertThat(planted).doesNotExist();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(made.path())))
        .isEqualTo("rwx------");
  }

  @Test
  void aFolderThatOthersCanExchangeOrALinkIsNotUsed() throws IOException {
    Path open = Files.createDirectories(folder.resolve("open/cache"));
    Files.setPosixFilePermissions(open.getParent(), PosixFilePermissions.fromString("rwxrwxrwx"));
    Map<String, String> shared = Map.of("XDG_CACHE_HOME", open.toString());
    PrivateFolder elsewhere = PrivateFolder.open(shared, "/nowhere", folder);
    assertThat(elsewhere.temporary()).isTrue();
    assertThat(elsewhere.path().getParent()).isEqualTo(folder);

    Path cache = Files.createDirectories(folder.resolve("cache/tarsier"));
    Files.createSymbolicLink(cache.resolve("natives"), open);
    Map<String, String> linked = Map.of("XDG_CACHE_HOME", cache.getParent().toString());
    assertThat(PrivateFolder.open(linked, "/nowhere", folder).temporary()).isTrue();
  }

  /** Only root can give a folder away, so only root's test can look. */
  @Test
  void aFolderOfAnotherUserIsNotUsed() throws IOException {
    Path above = Files.createDirectories(folder.resolve("theirs"));
    Path cache = Files.createDirectories(above.resolve("cache/tarsier/natives"));
    assumeThat(Files.getAttribute(above, "unix:uid")).isEqualTo(0);
    Map<String, String> environment = Map.of("XDG_CACHE_HOME", above.resolve("cache").toString());
    assertThat(PrivateFolder.open(environment, "/nowhere", folder).temporary()).isFalse();
    for (Path each : List.of(above, cache)) {
      Files.setAttribute(each, "unix:uid", 4242);
      assertThat(PrivateFolder.open(environment, "/nowhere", folder).temporary())
          .as(each.toString())
          .isTrue();
      Files.setAttribute(each, "unix:uid", 0);
    }
  }

  @Test
  void withoutAHomeItIsTemporaryAndWhatAKilledProcessLeftGoes() throws IOException {
    Path left = Files.createDirectories(folder.resolve("tarsier-natives-123"));
    Files.writeString(left.resolve(".in-use"), "");
    Files.writeString(left.resolve("libone.so"), "x");
    for (String home : List.of("?", "", "/nowhere", "/proc")) {
      PrivateFolder made = PrivateFolder.open(Map.of("HOME", home), home, folder);
      assertThat(made.temporary()).as(home).isTrue();
      assertThat(left).doesNotExist();
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(made.path())))
          .isEqualTo("rwx------");
    }
  }

  @Test
  void noPlaceAtAllIsSaidWithTheWayOut() {
    assertThatThrownBy(() -> PrivateFolder.open(Map.of(), "?", folder.resolve("missing")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("there is no home folder")
        .hasMessageContaining(folder.resolve("missing").toString())
        .hasMessageContaining("set XDG_CACHE_HOME");
  }
}
