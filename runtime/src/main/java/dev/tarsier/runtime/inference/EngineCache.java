package dev.tarsier.runtime.inference;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.tarsier.runtime.file.FolderInUse;
import dev.tarsier.runtime.file.Json;
import dev.tarsier.runtime.file.WholeFile;
import dev.tarsier.runtime.model.Sha256;
import dev.tarsier.runtime.natives.UserCache;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Engines that were built for this machine's GPU, on the disk: each in a folder named after all
 * that it depends on ({@link EngineKey}), with its files' hashes. What is built comes into a folder
 * of its own first and is moved into place when it is whole and has passed its self-test.
 *
 * <pre>
 *   engines/KEY/            engine.json and the files that TensorRT left
 *   engines/quarantine/KEY/ one that was damaged or computed wrongly, with reason.txt
 *   engines/refused/KEY.json  what computed wrongly although it was newly built: not built again
 *   engines/timing/         how fast kernels are, for the next build
 *   engines/.part-…/        one that is being built; locked as long as its process lives
 * </pre>
 *
 * <p>What has none of these names and forms is not the cache's: it is left alone, and {@link
 * #clear} refuses a folder that has it.
 *
 * <p>Several processes may share it. Any thread.
 */
public final class EngineCache {
  private static final Logger LOG = LoggerFactory.getLogger(EngineCache.class);

  private static final String ABOUT = "engine.json";
  private static final String REASON = "reason.txt";
  private static final String QUARANTINE = "quarantine";
  private static final String REFUSED = "refused";
  private static final String TIMING = "timing";
  private static final String PART = ".part-";
  private static final Pattern KEY = Pattern.compile("[0-9a-f]{40}");

  /** With what a killed process left of writing it. */
  private static final Pattern REFUSAL =
      Pattern.compile("[0-9a-f]{40}\\.json|\\.[0-9a-f]{40}\\.json\\.[0-9a-f-]{36}");

  /** ONNX Runtime calls it {@code TensorrtExecutionProvider_cache_sm87.timing}. */
  private static final String TIMING_FILE = ".timing";

  /** Folders of former versions, named after the model alone, and how those in them begin. */
  private static final Pattern FORMER = Pattern.compile("[0-9a-f]{64}");

  private static final String IN_FORMER = "tensorrt";

  /** So many are named where a folder is refused for what is in it. */
  private static final int NAMED = 5;

  private static final int WRITABLE_BY_OTHERS = 0022;
  private static final long MIB = 1L << 20;

  /** An engine of the shipped network and its timing cache have less. */
  private static final long LEAST_FREE = 64 * MIB;

  private static final String WAY_OUT =
      "set ~tensorrt/cache (--tensorrt cache=DIR) to a folder of your own";

  private final Path folder;
  private final long limitBytes;
  private final ToLongFunction<Path> freeBytes;

  EngineCache(Path folder, long limitBytes, ToLongFunction<Path> freeBytes) {
    this.folder = folder;
    this.limitBytes = limitBytes;
    this.freeBytes = freeBytes;
  }

  /**
   * The cache that settings name; its folder is made when something comes into it.
   *
   * @throws InferenceException where this user has no place for it
   */
  public static EngineCache of(TensorRtOptions settings) throws InferenceException {
    try {
      return new EngineCache(
          settings.cacheFolder(), settings.cacheMb() * MIB, path -> path.toFile().getUsableSpace());
    } catch (IOException e) {
      throw new InferenceException("there is no place for engines: " + e.getMessage(), e);
    }
  }

  /**
   * The same, for engines that are to be there when this process has ended.
   *
   * @throws InferenceException also where the user has no home, so that they would go with it
   */
  public static EngineCache lasting(TensorRtOptions settings) throws InferenceException {
    if (settings.cache().isEmpty() && !UserCache.isLasting()) {
      throw new InferenceException(
          "this user has no home folder to keep engines in; set HOME or XDG_CACHE_HOME, or "
              + WAY_OUT,
          null);
    }
    return of(settings);
  }

  /** Where it is. */
  public Path folder() {
    return folder;
  }

  /**
   * What is known of an engine.
   *
   * @param model name of the bundle
   * @param built when, ISO 8601, UTC
   * @param seconds that the build took
   * @param facts all that it depends on, by name
   * @param files SHA-256 by file name
   */
  public record About(
      String model,
      String built,
      double seconds,
      SortedMap<String, String> facts,
      SortedMap<String, String> files) {
    /** Copies the maps. */
    public About {
      facts = facts == null ? new TreeMap<>() : new TreeMap<>(facts);
      files = files == null ? new TreeMap<>() : new TreeMap<>(files);
    }
  }

  /**
   * An engine that is there.
   *
   * @param folder of it
   * @param about it
   * @param bytes on the disk
   * @param lastUsed when a session was last opened with it
   */
  public record Entry(Path folder, About about, long bytes, Instant lastUsed) {}

  /**
   * What went wrong with one.
   *
   * @param id of its key
   * @param reason why it is not used
   */
  public record Bad(String id, String reason) {}

  /**
   * The folder of an engine that is whole; one that is damaged is put aside.
   *
   * @throws InferenceException where the cache cannot be read, or others can write it
   */
  Optional<Path> find(EngineKey key) throws InferenceException {
    Path engine = folder.resolve(key.id());
    if (!Files.isDirectory(engine, LinkOption.NOFOLLOW_LINKS)) {
      return Optional.empty();
    }
    requireOurs();
    String damage;
    try {
      damage = damage(key, engine);
    } catch (IOException e) {
      damage = "it cannot be read: " + said(e);
    }
    if (damage != null) {
      quarantine(key, damage);
      return Optional.empty();
    }
    return Optional.of(engine);
  }

  private static String damage(EngineKey key, Path engine) throws IOException {
    About about;
    try {
      about = about(engine);
    } catch (JsonProcessingException | NoSuchFileException e) {
      return ABOUT + " is missing or no JSON";
    }
    if (!about.facts().equals(key.facts())) {
      return ABOUT + " says that it is an engine of something else";
    }
    SortedMap<String, String> files = hashes(engine);
    for (Map.Entry<String, String> each : about.files().entrySet()) {
      if (!each.getValue().equals(files.get(each.getKey()))) {
        return each.getKey() + " is not as it was built";
      }
    }
    return null;
  }

  private static About about(Path engine) throws IOException {
    About about = Json.CAMEL_CASE.value(Json.read(engine.resolve(ABOUT)), About.class);
    if (about == null) {
      throw new NoSuchFileException(engine.resolve(ABOUT).toString());
    }
    return about;
  }

  /** All but what this class writes. */
  private static SortedMap<String, String> hashes(Path engine) throws IOException {
    SortedMap<String, String> hashes = new TreeMap<>();
    try (Stream<Path> files = Files.list(engine)) {
      for (Path file : files.filter(EngineCache::isEngine).toList()) {
        hashes.put(file.getFileName().toString(), Sha256.of(file));
      }
    }
    return hashes;
  }

  private static boolean isEngine(Path file) {
    String name = file.getFileName().toString();
    return !name.equals(ABOUT)
        && !name.equals(FolderInUse.LOCK)
        && !name.equals(REASON)
        && Files.isRegularFile(file);
  }

  /**
   * Where timings of kernels are kept for all engines.
   *
   * @param built folder of an engine, or of one that is being built
   */
  static Path timings(Path built) {
    return built.resolveSibling(TIMING);
  }

  /** An engine was used: it is the last to go. */
  void used(EngineKey key) {
    try {
      Files.setLastModifiedTime(
          folder.resolve(key.id()).resolve(ABOUT), FileTime.from(Instant.now()));
    } catch (IOException e) {
      LOG.debug("use of an engine is not noted: {}", e.toString());
    }
  }

  /**
   * A place to build an engine in.
   *
   * @return closed by the caller, which removes it unless it was {@linkplain Part#keep kept}
   * @throws InferenceException where nothing can be written; says why, and the way out
   */
  Part begin(EngineKey key) throws InferenceException {
    try {
      if (!Files.isDirectory(folder)) {
        Path above = folder.toAbsolutePath().getParent();
        if (above != null) {
          Files.createDirectories(above);
        }
        Files.createDirectory(
            folder,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      }
      requireOurs();
      sweep();
      long free = freeBytes.applyAsLong(folder);
      if (free < LEAST_FREE) {
        throw new InferenceException(
            "engine cache %s: only %d MiB are free where an engine needs %d; free some space, or %s"
                .formatted(folder, free / MIB, LEAST_FREE / MIB, WAY_OUT),
            null);
      }
      Path part = Files.createDirectory(folder.resolve(PART + UUID.randomUUID()));
      return new Part(key, part, FolderInUse.claim(part));
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private InferenceException unwritable(IOException e) {
    return new InferenceException(
        "engine cache %s cannot be written (%s); %s".formatted(folder, said(e), WAY_OUT), e);
  }

  private static String said(IOException e) {
    return e instanceof FileSystemException file
        ? WholeFile.sentence(file)
        : String.valueOf(e.getMessage());
  }

  /** TensorRT runs what an engine says: nobody else may have put one here. */
  private void requireOurs() throws InferenceException {
    try {
      Object self = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
      Object owner = Files.getAttribute(folder, "unix:uid");
      int mode = (Integer) Files.getAttribute(folder, "unix:mode");
      if (!self.equals(owner)) {
        throw new InferenceException(
            "engine cache %s belongs to another user (uid %s), and an engine is a program that is run; %s"
                .formatted(folder, owner, WAY_OUT),
            null);
      }
      if ((mode & WRITABLE_BY_OTHERS) != 0) {
        throw new InferenceException(
            "engine cache %s can be written by other users, and an engine is a program that is run; 'chmod go-w %s', or %s"
                .formatted(folder, folder, WAY_OUT),
            null);
      }
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  /** Parts whose process is gone, and folders of former versions. */
  private void sweep() throws IOException {
    for (Path each : children(folder)) {
      String name = each.getFileName().toString();
      if (isFormer(each) || (name.startsWith(PART) && FolderInUse.isAbandoned(each))) {
        FolderInUse.remove(each);
      }
    }
  }

  private static boolean isFolder(Path path) {
    return Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
  }

  private static boolean isFile(Path path) {
    return Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS);
  }

  /** An engine in its place or put aside; a hash of 40 digits alone names many things. */
  private static boolean isEngineFolder(Path path) {
    return KEY.matcher(path.getFileName().toString()).matches()
        && isFolder(path)
        && (isFile(path.resolve(ABOUT)) || isFile(path.resolve(REASON)));
  }

  private static boolean isFormer(Path path) {
    if (!FORMER.matcher(path.getFileName().toString()).matches() || !isFolder(path)) {
      return false;
    }
    List<Path> inside = children(path);
    return !inside.isEmpty()
        && inside.stream()
            .allMatch(
                each -> isFolder(each) && each.getFileName().toString().startsWith(IN_FORMER));
  }

  private static boolean isPart(Path path) {
    return path.getFileName().toString().startsWith(PART) && isFolder(path);
  }

  private static boolean isRefusal(Path path) {
    return REFUSAL.matcher(path.getFileName().toString()).matches() && isFile(path);
  }

  private static boolean isTiming(Path path) {
    return path.getFileName().toString().endsWith(TIMING_FILE) && isFile(path);
  }

  /** What a folder of the cache's own has in it; empty where it is none. */
  private static Optional<Predicate<Path>> contents(Path path) {
    if (!isFolder(path)) {
      return Optional.empty();
    }
    return switch (path.getFileName().toString()) {
      case QUARANTINE -> Optional.of(EngineCache::isEngineFolder);
      case REFUSED -> Optional.of(EngineCache::isRefusal);
      case TIMING -> Optional.of(EngineCache::isTiming);
      default -> Optional.empty();
    };
  }

  /** What is in it and is none of the cache's, each by its path below the folder. */
  public List<Path> others() {
    List<Path> others = new ArrayList<>();
    for (Path each : children(folder)) {
      Optional<Predicate<Path>> own = contents(each);
      if (own.isPresent()) {
        children(each).stream().filter(own.get().negate()).forEach(others::add);
      } else if (!isEngineFolder(each) && !isFormer(each) && !isPart(each)) {
        others.add(each);
      }
    }
    return others.stream().map(folder::relativize).toList();
  }

  /**
   * Checks that it can be looked into; one that is not there yet can.
   *
   * @throws FileSystemException where it is no folder, or this user may not read it; says the way
   *     out
   */
  public void requireReadable() throws FileSystemException {
    if (Files.exists(folder) && !(Files.isDirectory(folder) && Files.isReadable(folder))) {
      throw new FileSystemException(
          folder.toString(),
          null,
          (Files.isDirectory(folder) ? "cannot be read" : "is no folder")
              + "; name the one that holds the engines, as --tensorrt cache=DIR");
    }
  }

  /** An engine that is being built. Owned by one thread. */
  final class Part implements AutoCloseable {
    private final EngineKey key;
    private final Path path;
    private final FileChannel inUse;

    private Part(EngineKey key, Path path, FileChannel inUse) {
      this.key = key;
      this.path = path;
      this.inUse = inUse;
    }

    /** Where it is to be put. */
    Path folder() {
      return path;
    }

    /**
     * Moves it in place, and others out where all are too large together.
     *
     * @param model name of the bundle
     * @param seconds that the build took
     * @throws InferenceException where it cannot be written, or nothing was built that could be
     *     kept
     */
    void keep(String model, double seconds) throws InferenceException {
      try {
        SortedMap<String, String> files = hashes(path);
        if (files.isEmpty()) {
          throw new InferenceException(
              "the build of %s left no file; a plug-in keeps its engine where an option of its own says: give that one %s"
                  .formatted(model, SessionOptions.ENGINES),
              null);
        }
        Json.write(
            path.resolve(ABOUT),
            Json.CAMEL_CASE.tree(
                new About(model, Instant.now().toString(), seconds, key.facts(), files)));
        Path place = EngineCache.this.folder.resolve(key.id());
        if (Files.exists(place)) {
          return; // another process was faster
        }
        Files.deleteIfExists(path.resolve(FolderInUse.LOCK));
        WholeFile.move(path, place);
      } catch (IOException e) {
        throw unwritable(e);
      }
      evict(key);
    }

    @Override
    public void close() {
      try {
        inUse.close();
      } catch (IOException e) {
        LOG.debug("closing {}: {}", path, e.toString());
      }
      FolderInUse.remove(path);
    }
  }

  /**
   * Puts an engine aside, in the place of one of the same key that was put aside before.
   *
   * @param reason in one line
   */
  void quarantine(EngineKey key, String reason) {
    Path engine = folder.resolve(key.id());
    Path place = folder.resolve(QUARANTINE).resolve(key.id());
    try {
      Files.createDirectories(place.getParent());
      FolderInUse.remove(place);
      WholeFile.move(engine, place);
      WholeFile.write(place.resolve(REASON), reason + "\n");
      LOG.warn("the engine in {} is put aside: {}", place, reason);
    } catch (IOException e) {
      LOG.warn("the engine in {} is not used: {} ({})", engine, reason, said(e));
      FolderInUse.remove(engine);
    }
  }

  /** It was not the engine's fault: it goes back to its place. */
  void restore(EngineKey key) {
    Path aside = folder.resolve(QUARANTINE).resolve(key.id());
    Path engine = folder.resolve(key.id());
    try {
      if (Files.isDirectory(aside) && !Files.exists(engine)) {
        Files.deleteIfExists(aside.resolve(REASON));
        WholeFile.move(aside, engine);
        LOG.info("the engine in {} is taken back: a new one does not load either", engine);
      }
    } catch (IOException e) {
      LOG.debug("{} stays aside: {}", aside, e.toString());
    }
  }

  /**
   * What a step gave although its engine was newly built, is not built again.
   *
   * @param proof what it was tested with
   * @param reason in one line
   */
  void refuse(EngineKey key, String proof, String reason) {
    try {
      Json.write(
          refusal(key),
          Json.object()
              .put("proof", proof)
              .put("reason", reason)
              .put("when", Instant.now().toString()));
    } catch (IOException e) {
      LOG.debug("a refusal is not noted: {}", e.toString());
    }
  }

  /** Why a step is not built again; empty where it may be. */
  Optional<String> refused(EngineKey key, String proof) {
    try {
      var said = Json.read(refusal(key));
      return said.path("proof").asText().equals(proof)
          ? Optional.of(
              "%s (found on %s and remembered; 'tarsier engine clear' has it tried again)"
                  .formatted(said.path("reason").asText(), said.path("when").asText()))
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private Path refusal(EngineKey key) {
    return folder.resolve(REFUSED).resolve(key.id() + ".json");
  }

  /** How long the last build for the same GPU in the same precision took. */
  OptionalDouble usualSeconds(EngineKey key) {
    return engines().stream()
        .filter(each -> isLike(each.about(), key))
        .max(Comparator.comparing(each -> each.about().built()))
        .map(each -> OptionalDouble.of(each.about().seconds()))
        .orElse(OptionalDouble.empty());
  }

  private static boolean isLike(About about, EngineKey key) {
    return Stream.of(EngineKey.GPU, EngineKey.PRECISION, "provider")
        .allMatch(fact -> key.facts().get(fact).equals(about.facts().get(fact)));
  }

  /** The engines that are there, the one used last first. */
  public List<Entry> engines() {
    List<Entry> entries = new ArrayList<>();
    for (Path each : children(folder)) {
      if (isEngineFolder(each)) {
        try {
          entries.add(
              new Entry(
                  each,
                  about(each),
                  bytes(each),
                  Files.getLastModifiedTime(each.resolve(ABOUT)).toInstant()));
        } catch (IOException e) {
          entries.add(
              new Entry(
                  each,
                  new About("damaged", "", 0, new TreeMap<>(), new TreeMap<>()),
                  bytes(each),
                  Instant.EPOCH));
        }
      }
    }
    entries.sort(Comparator.comparing(Entry::lastUsed).reversed());
    return entries;
  }

  /** What was put aside or refused, with reasons. */
  public List<Bad> bad() {
    List<Bad> bad = new ArrayList<>();
    for (Path each : aside()) {
      String reason;
      try {
        reason = Files.readString(each.resolve(REASON)).strip();
      } catch (IOException e) {
        reason = "no reason is left";
      }
      bad.add(new Bad(each.getFileName().toString(), "put aside: " + reason));
    }
    for (Path each : children(folder.resolve(REFUSED))) {
      if (!isRefusal(each) || !KEY.matcher(idOf(each)).matches()) {
        continue;
      }
      try {
        bad.add(new Bad(idOf(each), "refused: " + Json.read(each).path("reason").asText()));
      } catch (IOException e) {
        LOG.debug("{}: {}", each, e.toString());
      }
    }
    return bad;
  }

  private static String idOf(Path refusal) {
    return refusal.getFileName().toString().replace(".json", "");
  }

  private List<Path> aside() {
    return children(folder.resolve(QUARANTINE)).stream()
        .filter(EngineCache::isEngineFolder)
        .toList();
  }

  /**
   * Removes all that is in it but what is being built.
   *
   * @return how many engines there were, those put aside included
   * @throws IOException where it is no folder or holds what is not the cache's, and then nothing is
   *     removed; else names what cannot be removed
   */
  public int clear() throws IOException {
    requireReadable();
    requireNoOthers();
    int engines = engines().size() + aside().size();
    for (Path each : children(folder)) {
      Optional<Predicate<Path>> own = contents(each);
      if (own.isPresent()) {
        for (Path inner : children(each)) {
          if (own.get().test(inner)) {
            remove(inner);
          }
        }
        Files.deleteIfExists(each); // not what came into it meanwhile
      } else if (isEngineFolder(each)
          || isFormer(each)
          || (isPart(each) && FolderInUse.isAbandoned(each))) {
        remove(each);
      }
    }
    return engines;
  }

  private void requireNoOthers() throws FileSystemException {
    List<Path> others = others();
    if (!others.isEmpty()) {
      String names =
          others.stream().limit(NAMED).map(Path::toString).collect(Collectors.joining(", "));
      int more = others.size() - NAMED;
      throw new FileSystemException(
          folder.toString(),
          null,
          "holds what no engine cache puts there (%s%s), so nothing is removed; move that away, or name the folder that holds engines alone"
              .formatted(names, more > 0 ? " and %d more".formatted(more) : ""));
    }
  }

  private static void remove(Path path) throws FileSystemException {
    FolderInUse.remove(path);
    if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      throw new FileSystemException(path.toString(), null, "cannot be removed");
    }
  }

  /** Those put aside go first, then the ones used least recently; one is never moved out. */
  private void evict(EngineKey kept) {
    List<Path> oldestFirst = new ArrayList<>(aside());
    List<Entry> engines = engines();
    long all = oldestFirst.stream().mapToLong(EngineCache::bytes).sum();
    for (int i = engines.size() - 1; i >= 0; i--) {
      all += engines.get(i).bytes();
      if (!engines.get(i).folder().getFileName().toString().equals(kept.id())) {
        oldestFirst.add(engines.get(i).folder());
      }
    }
    for (Path each : oldestFirst) {
      if (all <= limitBytes) {
        return;
      }
      all -= bytes(each);
      LOG.info("the engine in {} goes: all together may have {} MiB", each, limitBytes / MIB);
      FolderInUse.remove(each);
    }
  }

  private static List<Path> children(Path folder) {
    List<Path> children = new ArrayList<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(folder)) {
      all.forEach(children::add);
    } catch (IOException | DirectoryIteratorException e) {
      return List.of(); // not there
    }
    children.sort(Comparator.naturalOrder());
    return children;
  }

  private static long bytes(Path engine) {
    long bytes = 0;
    for (Path file : children(engine)) {
      bytes += file.toFile().length();
    }
    return bytes;
  }
}
