package dev.tarsier.runtime.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.tarsier.runtime.file.FolderInUse;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EngineCacheTest {
  private static final long PLENTY = 1L << 40;

  @TempDir Path temporary;

  private Path folder;
  private EngineCache cache;

  @BeforeEach
  void open() {
    folder = temporary.resolve("a/engines");
    cache = new EngineCache(folder, 25_000, path -> PLENTY);
  }

  private static EngineKey key(String model) {
    return new EngineKey(
        new TreeMap<>(
            Map.of(
                EngineKey.MODEL,
                model,
                EngineKey.GPU,
                "Orin",
                EngineKey.PRECISION,
                "fp16",
                "provider",
                "tensorrt")));
  }

  private Path build(String model) throws Exception {
    try (EngineCache.Part part = cache.begin(key(model))) {
      Files.write(part.folder().resolve("x.engine"), new byte[10_000]);
      part.keep(model, 12.5);
    }
    return folder.resolve(key(model).id());
  }

  private void usedAt(Path engine, long second) throws IOException {
    Files.setLastModifiedTime(
        engine.resolve("engine.json"), FileTime.from(Instant.ofEpochSecond(second)));
  }

  @Test
  void whatIsBuiltIsThereOnceItIsWhole() throws Exception {
    assertThat(cache.find(key("a"))).isEmpty();
    try (EngineCache.Part part = cache.begin(key("a"))) {
      Files.write(part.folder().resolve("x.engine"), new byte[10]);
      assertThat(cache.find(key("a"))).as("being built").isEmpty();
    }
    assertThat(cache.find(key("a"))).as("given up").isEmpty();
    assertThat(folder).isEmptyDirectory();

    Path engine = build("a");
    assertThat(cache.find(key("a"))).contains(engine);
    assertThat(cache.find(key("b"))).isEmpty();
    assertThat(cache.engines())
        .singleElement()
        .satisfies(
            each -> {
              assertThat(each.about().model()).isEqualTo("a");
              assertThat(each.about().seconds()).isEqualTo(12.5);
            });
    assertThat(cache.usualSeconds(key("b"))).hasValue(12.5);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)))
        .isEqualTo("rwx------");
  }

  @Test
  void theFirstOfTwoThatBuildTheSameStays() throws Exception {
    try (EngineCache.Part slow = cache.begin(key("a"))) {
      Files.write(slow.folder().resolve("x.engine"), new byte[77]);
      Path first = build("a");
      slow.keep("a", 99);
      assertThat(first.resolve("x.engine")).hasSize(10_000);
    }
    assertThat(cache.find(key("a"))).isPresent();
  }

  @Test
  void thoseGoFirstThatWereUsedLeastRecently() throws Exception {
    usedAt(build("a"), 100);
    usedAt(build("b"), 200);
    cache.used(key("a"));
    build("c"); // three are more than 25 kB
    assertThat(cache.find(key("b"))).isEmpty();
    assertThat(cache.find(key("a"))).isPresent();
    assertThat(cache.find(key("c"))).isPresent();
  }

  @Test
  void whatWasPutAsideGoesBeforeWhatIsUsed() throws Exception {
    usedAt(build("a"), 100);
    build("b");
    cache.quarantine(key("b"), "computes wrongly");
    assertThat(cache.bad())
        .extracting(EngineCache.Bad::reason)
        .containsExactly("put aside: computes wrongly");
    build("c");
    assertThat(cache.bad()).isEmpty();
    assertThat(cache.find(key("a"))).isPresent();
  }

  @Test
  void theOneThatWasJustBuiltStaysHoweverLargeItIs() throws Exception {
    cache = new EngineCache(folder, 5_000, path -> PLENTY);
    build("a");
    assertThat(cache.find(key("a"))).isPresent();
  }

  @Test
  void whatAKilledProcessLeftIsRemoved() throws Exception {
    build("a");
    Path left = Files.createDirectory(folder.resolve(".part-left"));
    Files.createFile(left.resolve(".in-use"));
    Path former =
        Files.createDirectories(folder.resolve("0".repeat(64)).resolve("tensorrt-ort1.20.0-fp16"));
    build("b");
    assertThat(left).doesNotExist();
    assertThat(former).doesNotExist();
  }

  @Test
  void aRefusalIsRememberedForOneProof() throws Exception {
    build("a");
    cache.refuse(key("a"), "proof", "depth is NaN");
    assertThat(cache.refused(key("a"), "proof").orElseThrow())
        .startsWith("depth is NaN (found on 2")
        .contains("tarsier engine clear");
    assertThat(cache.refused(key("a"), "other")).isEmpty();
    assertThat(cache.clear()).isEqualTo(1);
    assertThat(cache.refused(key("a"), "proof")).isEmpty();
    assertThat(cache.engines()).isEmpty();
  }

  private Path foreign(String name) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, "mine");
  }

  @Test
  void aFolderWithOtherThingsInItIsNotCleared() throws Exception {
    Path engine = build("a");
    cache.refuse(key("b"), "proof", "depth is NaN");
    String hash = "0".repeat(40);
    List<String> names =
        List.of(
            "notes.txt",
            "photos/one.jpg",
            "timing/notes.txt",
            "refused/notes.txt",
            "refused/k",
            "quarantine/notes.txt",
            "quarantine/x/notes.txt",
            hash + "/HEAD", // such as a revision's folder
            "0".repeat(64) + "/layer.tar");
    for (String name : names) {
      Path file = foreign(name);
      String child = name.split("/")[0];
      boolean shelf = List.of("timing", "refused", "quarantine").contains(child);
      String named = shelf ? child + "/" + name.split("/")[1] : child;
      assertThat(cache.others()).as(name).containsExactly(Path.of(named));
      assertThatThrownBy(() -> cache.clear())
          .as(name)
          .isInstanceOf(FileSystemException.class)
          .hasMessageContaining(folder + ": holds what no engine cache puts there (" + named + ")")
          .hasMessageContaining("nothing is removed");
      assertThat(file).hasContent("mine");
      assertThat(engine).isDirectory();
      assertThat(cache.engines()).hasSize(1);
      assertThat(cache.bad()).extracting(EngineCache.Bad::id).containsExactly(key("b").id());
      FolderInUse.remove(folder.resolve(named));
    }
    foreign("timing/TensorrtExecutionProvider_cache_sm87.timing");
    assertThat(cache.clear()).isEqualTo(1);
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void makingRoomRemovesEnginesAlone() throws Exception {
    Path notes = foreign("quarantine/notes.txt");
    Path layer = foreign("1".repeat(64) + "/layer.tar");
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
    for (String model : List.of("a", "b", "c")) {
      usedAt(build(model), 100 + model.charAt(0));
    }
    assertThat(cache.find(key("a"))).as("25 kB").isEmpty();
    assertThat(notes).exists();
    assertThat(layer).exists();
  }

  @Test
  void aFileIsNoCache() throws Exception {
    Files.createDirectories(folder.getParent());
    Files.createFile(folder);
    assertThatThrownBy(() -> cache.requireReadable())
        .hasMessageContaining(folder + ": is no folder; name the one that holds the engines");
    assertThatThrownBy(() -> cache.clear()).hasMessageContaining("is no folder");
  }

  @Test
  void aBuildThatLeftNothingIsNotKept() throws Exception {
    try (EngineCache.Part part = cache.begin(key("a"))) {
      assertThatThrownBy(() -> part.keep("a", 1))
          .isInstanceOf(InferenceException.class)
          .hasMessageContaining("the build of a left no file", "{engines}");
    }
    assertThat(cache.engines()).isEmpty();
  }

  private void refuses(String... words) {
    assertThatThrownBy(() -> cache.begin(key("a")).close())
        .isInstanceOf(InferenceException.class)
        .satisfies(e -> assertThat(e.getMessage()).contains(words))
        .satisfies(e -> assertThat(e.getMessage()).contains("engine cache " + folder))
        .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
  }

  @Test
  void aFullDiskIsSaidBeforeMinutesOfBuilding() {
    cache = new EngineCache(folder, 25_000, path -> 3L << 20);
    refuses("only 3 MiB are free where an engine needs 64", "~tensorrt/cache");
  }

  @Test
  void aFolderThatOthersCanWriteIsRefused() throws Exception {
    build("a");
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
    refuses("can be written by other users", "chmod go-w " + folder);
    assertThatThrownBy(() -> cache.find(key("a"))).hasMessageContaining("chmod go-w");
  }

  @Test
  void anotherUsersFolderIsRefused() throws Exception {
    assumeThat(System.getProperty("user.name")).isEqualTo("root");
    build("a");
    Files.setAttribute(folder, "unix:uid", 65_534);
    refuses("belongs to another user (uid 65534)", "~tensorrt/cache", "--tensorrt cache=DIR");
    Files.setAttribute(folder, "unix:uid", 0);
  }

  @Test
  void aFolderThatCannotBeMadeIsRefused() throws Exception {
    Files.createFile(temporary.resolve("a"));
    refuses("cannot be written", "~tensorrt/cache");
  }

  @Test
  void everyFactIsPartOfTheKey() {
    TreeMap<String, String> facts = new TreeMap<>(key("a").facts());
    String before = new EngineKey(facts).id();
    for (String fact : key("a").facts().keySet()) {
      TreeMap<String, String> changed = new TreeMap<>(facts);
      changed.put(fact, "other");
      assertThat(new EngineKey(changed).id()).as(fact).isNotEqualTo(before);
    }
    assertThat(new EngineKey(facts).id()).isEqualTo(before);
  }
}
